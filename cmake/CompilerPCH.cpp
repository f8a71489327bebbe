// Holds the precompiled header that WeftMLIR.cmake shares among targets.
