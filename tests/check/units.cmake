# How much the units leave open, by systemd's own reckoning: at most 1.5 of 10.
#   cmake -DROOT=SOURCE -P tests/check/units.cmake
cmake_minimum_required(VERSION 3.25)
find_program(ANALYZE systemd-analyze)
if(NOT ANALYZE)
  message("skipped: systemd-analyze is not installed (apt install systemd)")
  return()
endif()
file(GLOB units ${ROOT}/systemd/*.service)
foreach(unit ${units})
  execute_process(COMMAND ${ANALYZE} security --offline=true --no-pager --threshold=15 ${unit}
    OUTPUT_VARIABLE table RESULT_VARIABLE fault)
  string(REGEX MATCH "Overall exposure level for [^\n]*" level "${table}")
  message("${level}")
  if(fault)
    message(FATAL_ERROR "${unit} leaves more open than 1.5:\n${table}")
  endif()
endforeach()
