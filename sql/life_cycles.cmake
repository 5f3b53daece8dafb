# Writes the manual page of the life cycles from the rows that the trigger reads.
#   cmake -DROOT=SOURCE -DOUT=PAGE.scd -P sql/life_cycles.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB files ${ROOT}/sql/schema/*.sql)  # in order
set(text "")
foreach(file ${files})
  file(READ ${file} one)
  string(REPLACE ";" "@" one "${one}")  # a list would end there
  string(FIND "${one}" "INSERT INTO life_cycle " start)
  if(start GREATER -1)
    string(SUBSTRING "${one}" ${start} -1 one)
    string(FIND "${one}" "')@" end)
    math(EXPR end "${end} + 3")
    string(SUBSTRING "${one}" 0 ${end} one)
    string(APPEND text "${one}")
  endif()
endforeach()
set(page "coachhouse-life-cycles(7)

# NAME

coachhouse-life-cycles - states of things, and what leads from one to another

# DESCRIPTION

States change only along these rows, whoever asks and by whichever way; a change that is no row is
refused with WRONG_STATE. They are the rows of the table *coachhouse.life_cycle*. In brackets stands
who may.
")
set(thing "")
string(REGEX MATCHALL "\n\\('[^\n]*" rows "${text}")
foreach(row ${rows})
  string(REPLACE "''" "’" row "${row}")
  if(NOT row MATCHES "\n\\('([a-z_]+)', '([a-z_]+)', '([a-z_]+)', '([a-z_]+)', '{([a-z,]+)}', '([^']*)'\\)")
    message(FATAL_ERROR "sql/schema: this row of life_cycle is not read: ${row}")
  endif()
  if(NOT thing STREQUAL CMAKE_MATCH_1)
    set(thing ${CMAKE_MATCH_1})
    string(TOUPPER ${thing} title)
    string(APPEND page "\n# ${title}\n")
  endif()
  set(sentence "${CMAKE_MATCH_6}")
  string(REPLACE "," ", " who "${CMAKE_MATCH_5}")
  string(REPLACE "_" " " names "*${CMAKE_MATCH_2}*, ${CMAKE_MATCH_3}: *${CMAKE_MATCH_4}* [${who}]")
  string(REPLACE "@" "\;" sentence "${sentence}")
  string(APPEND page "\n${names}\n\t${sentence}\n")
endforeach()
string(APPEND page "\n# SEE ALSO\n\n*coach*(1), *coachhouse-protocol*(7)\n")
file(WRITE ${OUT} "${page}")
