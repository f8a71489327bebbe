#!/bin/sh
# Exits with 1 while the file is still interesting.
! grep -q llm.softmax "$1"
