# 64 KiB of positive f32 numbers, none alike: weights for --verify. The last
# byte of each, '<' to '?', is sign and exponent.
BEGIN {
  for (i = 0; i < 16384; i++)
    printf "%c%c%c%c", 33 + i * 7 % 90, 33 + i * 13 % 90, 33 + i * 29 % 90, 60 + i % 4
}
