/* Methods by name: the contract's own service descriptors say what they take and give. */
#include <string.h>

#include "booking.pb-c.h"
#include "coaches.pb-c.h"
#include "coachhouse.h"
#include "conversations.pb-c.h"
#include "engagements.pb-c.h"
#include "enrolment.pb-c.h"
#include "oversight.pb-c.h"
#include "people.pb-c.h"
#include "reports.pb-c.h"
#include "rights.pb-c.h"

static const ProtobufCServiceDescriptor *const services[] = {
	&coachhouse__v1__booking__descriptor,	    &coachhouse__v1__coaches__descriptor,
	&coachhouse__v1__conversations__descriptor, &coachhouse__v1__engagements__descriptor,
	&coachhouse__v1__enrolment__descriptor,	    &coachhouse__v1__oversight__descriptor,
	&coachhouse__v1__people__descriptor,	    &coachhouse__v1__reports__descriptor,
	&coachhouse__v1__rights__descriptor,
};

const ProtobufCMethodDescriptor *coachhouse_method(const char *name)
{
	const char *slash = strchr(name, '/');
	for (size_t i = 0; slash && i < sizeof services / sizeof *services; i++) {
		const ProtobufCServiceDescriptor *service = services[i];
		size_t length = (size_t)(slash - name);
		if (strlen(service->name) == length && !strncmp(service->name, name, length))
			return protobuf_c_service_descriptor_get_method_by_name(service, slash + 1);
	}
	return NULL;
}
