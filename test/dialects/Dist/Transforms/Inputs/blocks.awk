# Blocks of q4_0 as printable characters: a scale of 0.008, then both signs.
BEGIN {
  x = 1
  for (block = 0; block < 9000; ++block) {
    printf "  "
    for (i = 0; i < 16; ++i) {
      x = (x * 75 + 74) % 65537
      printf "%c", 33 + x % 94
    }
  }
}
