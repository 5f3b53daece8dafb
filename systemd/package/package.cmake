# What is installed, and the Debian packages of it: ./dev package. Which file belongs
# to which is said by its COMPONENT; maintainer scripts do what debhelper's would.
install(TARGETS coachd COMPONENT daemon)
install(TARGETS coach COMPONENT client)
# The client library, for other programs: pkg-config coachhouse.
set_target_properties(contract PROPERTIES OUTPUT_NAME coachhouse-contract)
set_target_properties(messages PROPERTIES OUTPUT_NAME coachhouse-messages)
install(TARGETS coachhouse contract messages COMPONENT development)
install(FILES client/coachhouse.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/coachhouse
  COMPONENT development)
install(DIRECTORY ${generated}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/coachhouse
  COMPONENT development FILES_MATCHING PATTERN *.pb-c.h)
file(CONFIGURE OUTPUT coachhouse.pc @ONLY CONTENT "Name: coachhouse
Description: Client library of Coachhouse
Version: @PROJECT_VERSION@
Requires: libprotobuf-c libzmq libsodium jansson
Cflags: -I@CMAKE_INSTALL_FULL_INCLUDEDIR@/coachhouse
Libs: -L@CMAKE_INSTALL_FULL_LIBDIR@ -lcoachhouse -lcoachhouse-contract -lcoachhouse-messages
")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/coachhouse.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
install(FILES ${protos} DESTINATION ${CMAKE_INSTALL_DATADIR}/coachhouse/proto
  COMPONENT development)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/completion.bash RENAME coach
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT client)
install(FILES systemd/coachd.service systemd/coachhouse-postgresql.service
  DESTINATION lib/systemd/system COMPONENT daemon)
install(FILES systemd/coachhouse.sysusers.conf DESTINATION lib/sysusers.d RENAME coachhouse.conf
  COMPONENT daemon)
install(FILES systemd/coachhouse.tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME coachhouse.conf
  COMPONENT daemon)
install(FILES systemd/package/coachd.conf DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/coachhouse
  COMPONENT daemon)

install(FILES systemd/patroni.yml systemd/etcd.default
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/coachhouse/examples COMPONENT daemon)

# Tests are no part of it.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME coachhouse)
set(CPACK_PACKAGE_CONTACT "Coachhouse maintainers <maintainers@coachhouse.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL daemon client development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/finish.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(about "Coachhouse schedules and records coaching and mentorship for partnerships
 of health, care and council organisations.")
set(CPACK_DEBIAN_DAEMON_PACKAGE_NAME coachhouse)
set(CPACK_DEBIAN_DAEMON_PACKAGE_SECTION net)
set(CPACK_DEBIAN_DAEMON_PACKAGE_DEPENDS
  "systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
# A site may have a PostgreSQL elsewhere; the units here start one of this machine's.
set(CPACK_DEBIAN_DAEMON_PACKAGE_RECOMMENDS "postgresql, coachhouse-client")
set(CPACK_DEBIAN_DAEMON_PACKAGE_CONTROL_EXTRA "${CMAKE_CURRENT_LIST_DIR}/postinst"
  "${CMAKE_CURRENT_LIST_DIR}/prerm" "${CMAKE_CURRENT_LIST_DIR}/postrm"
  "${CMAKE_CURRENT_LIST_DIR}/conffiles")
set(CPACK_COMPONENT_DAEMON_DESCRIPTION "daemon for scheduling and recording coaching
${about}
 This is the daemon, which owns the database and answers the clients.")

set(CPACK_DEBIAN_CLIENT_PACKAGE_NAME coachhouse-client)
set(CPACK_DEBIAN_CLIENT_PACKAGE_SECTION net)
set(CPACK_COMPONENT_CLIENT_DESCRIPTION "command line for booking and recording coaching
${about}
 This is the command coach, for coaches, mentees and administrators.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libcoachhouse-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libjansson-dev, libprotobuf-c-dev, libsodium-dev, libzmq3-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "client library of Coachhouse, development files
${about}
 These are the library for programs of your own and the protocol.")

foreach(package daemon:coachhouse client:coachhouse-client development:libcoachhouse-dev)
  string(REPLACE ":" ";" package ${package})
  list(GET package 0 component)
  list(GET package 1 name)
  install(FILES systemd/package/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name}
    COMPONENT ${component})
  install(FILES systemd/package/changelog RENAME changelog.Debian
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${component})
  # Nobody asked for it to become a part of Debian, so there is no request to close.
  file(CONFIGURE OUTPUT overrides/${name} CONTENT "${name}: initial-upload-closes-no-bugs\n")
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/overrides/${name} COMPONENT ${component}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides)
  install(FILES CHANGELOG.md RENAME changelog DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name}
    COMPONENT ${component})
endforeach()
include(CPack)
