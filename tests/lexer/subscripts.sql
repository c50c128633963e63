SELECT a[1], "a"[b], f(x)[2], ARRAY[c, d], m[1][2], x IN [y], [z] = a [3], NOT [w]
