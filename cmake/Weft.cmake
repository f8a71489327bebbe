# Flags, ccache and the precompiled headers that all of Weft shares.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness lets ccache work with precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${CCACHE_PROGRAM})
endif()

add_library(WeftOptions INTERFACE)
target_include_directories(WeftOptions INTERFACE
  ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include
  ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/include)
target_compile_options(WeftOptions INTERFACE
  -Wall -Wextra -Wno-unused-parameter -Werror=return-type)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(WeftOptions INTERFACE
    "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
if(WEFT_SANITIZE)
  target_compile_options(WeftOptions INTERFACE
    -fsanitize=${WEFT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(WeftOptions INTERFACE -fsanitize=${WEFT_SANITIZE})
endif()
if(WEFT_BUILD_FUZZERS)
  # Coverage, whose hooks the sanitizers' runtime defines for other programs.
  if(NOT WEFT_SANITIZE)
    message(FATAL_ERROR "WEFT_BUILD_FUZZERS needs WEFT_SANITIZE, for example address")
  endif()
  target_compile_options(WeftOptions INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_compile_definitions(WeftOptions INTERFACE WEFT_VERSION="${PROJECT_VERSION}")

# weft_add_runtime_library(Name sources...): code without LLVM. It may use
# exceptions at its edges, where a library throws.
function(weft_add_runtime_library name)
  add_library(${name} STATIC ${ARGN})
  target_link_libraries(${name} PUBLIC WeftOptions)
endfunction()

# weft_link_static(Name): a program with the libraries of C++ and of protobuf in
# it, where they are installed as archives. What it does not use of them takes no
# memory: 2 MB less.
find_library(PROTOBUF_ARCHIVE libprotobuf.a)
function(weft_link_static name)
  if(PROTOBUF_ARCHIVE AND CMAKE_SYSTEM_NAME STREQUAL Linux AND NOT WEFT_SANITIZE)
    set_target_properties(${name} PROPERTIES WEFT_LINKS_STATIC ON)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc -Wl,--gc-sections)
  endif()
endfunction()

# weft_add_unit_test(Name sources... LIBS libraries...): a GoogleTest program.
# One program holds many cases, so that ctest starts few processes.
function(weft_add_unit_test name)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gmock GTest::gtest GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

# weft_leave_to_full_tier(TEST FILTER): its sweeps are long. The quick tier runs
# what FILTER names, under the same settings.
function(weft_leave_to_full_tier name filter)
  set_tests_properties(${name} PROPERTIES LABELS full)
  add_test(NAME ${name}-quick COMMAND ${name} --gtest_filter=${filter})
  get_test_property(${name} ENVIRONMENT environment)
  if(environment)
    set_tests_properties(${name}-quick PROPERTIES ENVIRONMENT "${environment}")
  endif()
endfunction()

# weft_run_on_cusim(TEST_PROGRAM FILTER libraries...): the program opens these
# libraries of the simulator. A build without the compiler has none: its test
# leaves out those of FILTER.
function(weft_run_on_cusim name filter)
  if(WEFT_BUILD_COMPILER)
    add_dependencies(${name} ${ARGN})
  else()
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "GTEST_FILTER=-${filter}")
  endif()
endfunction()
