# The compiler's build rules. Only the shared libMLIR.so and libLLVM.so are
# linked, never a static MLIR target: tools link in seconds and no state exists
# twice.

find_package(MLIR 22.1 REQUIRED CONFIG)
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
set(LLVM_RUNTIME_OUTPUT_INTDIR ${CMAKE_BINARY_DIR}/bin)
set(LLVM_LIBRARY_OUTPUT_INTDIR ${CMAKE_BINARY_DIR}/lib)
set(MLIR_BINARY_DIR ${CMAKE_BINARY_DIR})
# The tables of command-line options (tools/*/Options.td).
find_program(LLVM_TABLEGEN_EXE llvm-tblgen HINTS ${LLVM_TOOLS_BINARY_DIR} REQUIRED)
include(TableGen)
include(AddLLVM)
include(AddMLIR)

# TableGen searches these.
include_directories(${PROJECT_SOURCE_DIR})
include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})

add_library(WeftMLIROptions INTERFACE)
target_link_libraries(WeftMLIROptions INTERFACE WeftOptions)
target_include_directories(WeftMLIROptions SYSTEM INTERFACE
  ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_compile_definitions(WeftMLIROptions INTERFACE ${LLVM_DEFINITIONS})
target_compile_options(WeftMLIROptions INTERFACE -fno-rtti -fno-exceptions)

# Compiled once, used by every compiler library and tool.
add_library(WeftCompilerPCH STATIC ${PROJECT_SOURCE_DIR}/cmake/CompilerPCH.cpp)
target_link_libraries(WeftCompilerPCH PUBLIC WeftMLIROptions)
target_precompile_headers(WeftCompilerPCH PRIVATE ${PROJECT_SOURCE_DIR}/cmake/CompilerPCH.h)

# weft_add_library(Name sources...): a compiler library.
function(weft_add_library name)
  add_library(${name} STATIC ${ARGN})
  target_link_libraries(${name} PUBLIC WeftMLIROptions MLIR LLVM)
  target_precompile_headers(${name} REUSE_FROM WeftCompilerPCH)
  add_dependencies(${name} weft-tablegen)
endfunction()

# weft_add_tool(name sources... LIBS libraries...): a compiler tool.
function(weft_add_tool name)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE WeftMLIROptions ${ARG_LIBS} MLIR LLVM)
  # The precompiled header is a library's: -fPIC, where a program has -fPIE.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  target_precompile_headers(${name} REUSE_FROM WeftCompilerPCH)
  add_dependencies(${name} weft-tablegen)
endfunction()

# Everything that TableGen generates; all compiler code waits for it.
add_custom_target(weft-tablegen)
# The reference pages of docs/, generated from TableGen.
add_custom_target(weft-docs ALL)
add_dependencies(weft-docs mlir-doc)

# weft_add_dialect(LLM llm): declarations and docs from <Name>Ops.td.
function(weft_add_dialect name mnemonic)
  set(LLVM_TARGET_DEFINITIONS ${name}Ops.td)
  mlir_tablegen(${name}Dialect.h.inc -gen-dialect-decls -dialect=${mnemonic})
  mlir_tablegen(${name}Dialect.cpp.inc -gen-dialect-defs -dialect=${mnemonic})
  mlir_tablegen(${name}Ops.h.inc -gen-op-decls)
  mlir_tablegen(${name}Ops.cpp.inc -gen-op-defs)
  mlir_tablegen(${name}Attributes.h.inc -gen-attrdef-decls -attrdefs-dialect=${mnemonic})
  mlir_tablegen(${name}Attributes.cpp.inc -gen-attrdef-defs -attrdefs-dialect=${mnemonic})
  mlir_tablegen(${name}Types.h.inc -gen-typedef-decls -typedefs-dialect=${mnemonic})
  mlir_tablegen(${name}Types.cpp.inc -gen-typedef-defs -typedefs-dialect=${mnemonic})
  mlir_tablegen(${name}Enums.h.inc -gen-enum-decls)
  mlir_tablegen(${name}Enums.cpp.inc -gen-enum-defs)
  add_public_tablegen_target(${name}IRIncGen)
  add_dependencies(weft-tablegen ${name}IRIncGen)
  add_mlir_doc(${name}Ops ${name}Dialect dialects/ -gen-dialect-doc -dialect=${mnemonic})
endfunction()

# weft_add_passes(LLM): pass declarations and docs from Passes.td.
function(weft_add_passes name)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name ${name})
  add_public_tablegen_target(${name}PassesIncGen)
  add_dependencies(weft-tablegen ${name}PassesIncGen)
  add_mlir_doc(Passes ${name}Passes passes/ -gen-pass-doc)
endfunction()
