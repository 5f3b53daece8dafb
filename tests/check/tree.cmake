# Dependencies point one way: each library has few files that include it.
#   cmake -DROOT=SOURCE -P tests/check/tree.cmake
cmake_minimum_required(VERSION 3.25)
set(faults "")
file(GLOB_RECURSE sources ${ROOT}/proto/*.[ch] ${ROOT}/daemon/*.[ch] ${ROOT}/client/*.[ch])

# Files whose name does not match `allowed` must have no line that matches `pattern`.
function(only allowed pattern sentence)
  foreach(source ${sources})
    file(RELATIVE_PATH name ${ROOT} ${source})
    file(STRINGS ${source} lines REGEX "${pattern}")
    if(lines AND NOT name MATCHES "^(${allowed})$")
      set(faults "${faults}\n  ${name}: ${sentence}" PARENT_SCOPE)
      set(faults "${faults}\n  ${name}: ${sentence}")
    endif()
  endforeach()
endfunction()

only("daemon/(server|endpoint|zap)[a-z_]*\\.c|client/[a-z_]+\\.[ch]" "#include *<zmq"
  "only server, endpoint, zap and the client library speak ZeroMQ.")
only("daemon/(connection|schema|embedded)[a-z_]*\\.c" "#include *<libpq"
  "only connection, schema and embedded speak to PostgreSQL.")
only("daemon/(seal|keyring|digest)\\.c|client/.*\\.c" "#include *<sodium"
  "only seal, keyring, digest and the clients use libsodium.")
only("daemon/(codec|limit|methods|statement)[a-z_]*\\.c|proto/json[a-z_]*\\.c|client/cli/[a-z_]+\\.c"
  "(descriptor|put)->fields\\[|protobuf_c_message_descriptor_get_field"
  "only the codec, its limits, the methods, the JSON and the CLI walk descriptors.")

if(faults)
  message(FATAL_ERROR "Dependencies point the wrong way (design: README, the map):${faults}\n")
endif()
