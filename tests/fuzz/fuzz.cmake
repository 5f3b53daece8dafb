# Fuzz targets. With FUZZ (clang) libFuzzer drives them; else they are tests that replay
# the seeds and a second of mutations of them.
if(FUZZ)
  set(driver ${CMAKE_CURRENT_LIST_DIR}/folder.c)
else()
  set(driver ${CMAKE_CURRENT_LIST_DIR}/runner.c)
endif()
# What is typed before the tab key, to what completes it.
if(NOT FUZZ)
  add_test(NAME fuzz/completion
    COMMAND bash ${CMAKE_CURRENT_LIST_DIR}/completion ${CMAKE_CURRENT_BINARY_DIR}/completion.bash)
  set_tests_properties(fuzz/completion PROPERTIES TIMEOUT 120 LABELS fuzz)
endif()
# A message with a field of every kind that the codec knows.
add_custom_command(OUTPUT ${generated}/every.pb-c.c ${generated}/every.pb-c.h
  COMMAND ${PROTOC_C} --c_out=${generated} -I${CMAKE_CURRENT_LIST_DIR}
    -I${CMAKE_CURRENT_SOURCE_DIR}/proto ${CMAKE_CURRENT_LIST_DIR}/every.proto
  DEPENDS ${CMAKE_CURRENT_LIST_DIR}/every.proto ${protos} VERBATIM)
add_library(every STATIC ${generated}/every.pb-c.c)
target_link_libraries(every PUBLIC messages)
target_compile_options(every PRIVATE -w)
add_library(fuzz STATIC ${CMAKE_CURRENT_LIST_DIR}/fuzz.c ${CMAKE_CURRENT_LIST_DIR}/sample.c
  ${generated}/every.pb-c.h)
headers(fuzz tests/fuzz)
target_link_libraries(fuzz PUBLIC every daemon cli)
target_compile_options(fuzz PRIVATE ${warnings})
add_custom_target(fuzzers)
file(GLOB targets CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/fuzz_*.c)
foreach(target ${targets})
  get_filename_component(name ${target} NAME_WE)
  string(REPLACE fuzz_ "" short ${name})
  add_executable(${name} ${target} ${driver})
  target_link_libraries(${name} PRIVATE fuzz)
  target_compile_options(${name} PRIVATE ${warnings})
  add_dependencies(fuzzers ${name})
  if(FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_test(NAME fuzz/${short}
      COMMAND ${name} ${CMAKE_CURRENT_LIST_DIR}/corpus/${short})
    set_tests_properties(fuzz/${short} PROPERTIES TIMEOUT 300 LABELS fuzz)
  endif()
endforeach()

# Two of these watch the heap: malloc is theirs, and is called before any sanitizer is ready.
if(NOT FUZZ)
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/heap.c PROPERTIES
    COMPILE_OPTIONS -fno-sanitize=all)
  foreach(name test_kinds test_bounds test_starved)
    add_executable(${name} tests/fuzz/${name}.c)
    target_link_libraries(${name} PRIVATE fuzz PkgConfig::CMOCKA)
    target_compile_options(${name} PRIVATE ${warnings})
    add_test(NAME fuzz/${name} COMMAND ${name})
    set_tests_properties(fuzz/${name} PROPERTIES TIMEOUT 600 LABELS fuzz)
  endforeach()
  target_sources(test_bounds PRIVATE ${CMAKE_CURRENT_LIST_DIR}/heap.c)
  target_sources(test_starved PRIVATE ${CMAKE_CURRENT_LIST_DIR}/heap.c)
endif()
