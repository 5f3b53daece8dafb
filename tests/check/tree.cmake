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

only("daemon/(server|zap)[a-z_]*\\.c|client/[a-z_]+\\.[ch]" "#include *<zmq"
  "only server, zap and the client library speak ZeroMQ.")
only("daemon/(pool|schema|embedded|work)[a-z_]*\\.c" "#include *<libpq"
  "only pool, schema, embedded and work speak to PostgreSQL.")
only("daemon/seal\\.c|client/[a-z_]+\\.c" "#include *<sodium"
  "only seal and the client library use libsodium.")
only("daemon/(codec|methods)[a-z_]*\\.[ch]|proto/json[a-z_]*\\.[ch]|client/cli/table\\.c"
  "ProtobufCFieldDescriptor|n_fields" "only the codec and the JSON writer walk descriptors.")
only("daemon/.*|proto/.*" "#include \"(config|server|call|codec|pool|seal|schema)\\.h\""
  "the clients know nothing of the daemon's insides.")
only("client/.*" "#include \"(coachhouse|when|zone)\\.h\"|smartcols"
  "the daemon knows nothing of the clients.")

if(faults)
  message(FATAL_ERROR "Dependencies point the wrong way (design: README, the map):${faults}\n")
endif()
