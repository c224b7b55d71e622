# The targets of the project: one library a folder, and the rule of who may use whom.
#
# Path = namespace = target: services/common/stream -> sluice::stream -> target sluice_stream,
# alias sluice::stream. A library may link only libraries of a lower layer; configuring fails
# otherwise. Third-party headers are confined the same way (tests/tidy checks the includes).

set(SLUICE_LAYER_proto 0)
set(SLUICE_LAYER_base 1)
set(SLUICE_LAYER_stream 2)
set(SLUICE_LAYER_spreadsheet 2)
foreach(name state database config telemetry formats normalize record uploads expression backup)
  set(SLUICE_LAYER_${name} 3)
endforeach()
set(SLUICE_LAYER_recognise 4)
foreach(name plan kafka embedded pipeline rpc)
  set(SLUICE_LAYER_${name} 5)
endforeach()
foreach(name ingest clean map load control)
  set(SLUICE_LAYER_${name} 6)
endforeach()
set(SLUICE_LAYER_cli 7)

add_library(sluice_flags INTERFACE)
target_compile_options(sluice_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Wno-missing-field-initializers -fstack-protector-strong)
target_compile_definitions(sluice_flags INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(sluice_flags INTERFACE -Wl,-z,relro,-z,now)
if(SLUICE_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SLUICE_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
endif()
if(SLUICE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# sluice_library(NAME name SRCS file... [DEPS sluice library...] [LIBS third-party target...]
#   [PRECOMPILE header...]): headers that most of its files include and that take long to read. A
# file still includes what it uses: the debug preset precompiles nothing.
function(sluice_library)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS;LIBS;PRECOMPILE" ${ARGN})
  if(NOT DEFINED SLUICE_LAYER_${ARG_NAME})
    message(FATAL_ERROR "sluice_library: ${ARG_NAME} has no layer in services/targets.cmake")
  endif()
  add_library(sluice_${ARG_NAME} STATIC ${ARG_SRCS})
  add_library(sluice::${ARG_NAME} ALIAS sluice_${ARG_NAME})
  target_include_directories(sluice_${ARG_NAME} PUBLIC ${PROJECT_SOURCE_DIR}/services)
  target_link_libraries(sluice_${ARG_NAME} PRIVATE sluice_flags)
  foreach(dep ${ARG_DEPS})
    if(NOT SLUICE_LAYER_${dep} LESS SLUICE_LAYER_${ARG_NAME})
      message(FATAL_ERROR "sluice::${ARG_NAME} may not use sluice::${dep}: "
        "a library uses lower layers only (services/targets.cmake)")
    endif()
    target_link_libraries(sluice_${ARG_NAME} PUBLIC sluice::${dep})
  endforeach()
  target_link_libraries(sluice_${ARG_NAME} PUBLIC ${ARG_LIBS})
  if(ARG_PRECOMPILE)
    target_precompile_headers(sluice_${ARG_NAME} PRIVATE ${ARG_PRECOMPILE})
  endif()
endfunction()

# sluice_test(NAME name LABEL unit|contract|... SRCS file... [DEPS target...] [TIMEOUT seconds]
#   [WHOLE [ALONE]]): one test a case, or with WHOLE the program as one test, for cases that share
#   what is slow to start; with ALONE it gets the machine for itself.
function(sluice_test)
  cmake_parse_arguments(ARG "WHOLE;ALONE" "NAME;TIMEOUT" "LABEL;SRCS;DEPS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${ARG_NAME} ${ARG_SRCS})
  target_include_directories(${ARG_NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${ARG_NAME} PRIVATE sluice_flags ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${ARG_NAME} PRIVATE SLUICE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${ARG_NAME} PRIVATE sluice_test_flags)
  target_precompile_headers(${ARG_NAME} REUSE_FROM sluice_test_headers)
  if(ARG_WHOLE)
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
    set_tests_properties(${ARG_NAME} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
    if(ARG_ALONE)
      set_tests_properties(${ARG_NAME} PROPERTIES PROCESSORS 2)
    endif()
    return()
  endif()
  gtest_discover_tests(${ARG_NAME} TEST_PREFIX "${ARG_NAME}." DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
