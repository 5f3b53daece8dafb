# Every C file is as clang-format would write it; says which is not.
#   cmake -DROOT=SOURCE -P tests/check/format.cmake
cmake_minimum_required(VERSION 3.25)
find_program(clang_format NAMES clang-format-14 clang-format REQUIRED)
file(GLOB_RECURSE sources ${ROOT}/proto/*.[ch] ${ROOT}/daemon/*.[ch] ${ROOT}/client/*.[ch]
  ${ROOT}/tests/*.[ch])
execute_process(COMMAND ${clang_format} --dry-run -Werror ${sources}
  RESULT_VARIABLE result ERROR_VARIABLE complaints)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${complaints}Mend it with: clang-format -i FILE")
endif()
