package vector

// multiplyPlain is multiply for every processor.
func multiplyPlain(products []int32, codes []int8, query []int16) {
	for i := range products {
		row := codes[i*len(query):][:len(query)]
		var a, b, c, d int32
		for j := 0; j+4 <= len(row); j += 4 {
			r, q := row[j:j+4:j+4], query[j:j+4:j+4]
			a += int32(r[0]) * int32(q[0])
			b += int32(r[1]) * int32(q[1])
			c += int32(r[2]) * int32(q[2])
			d += int32(r[3]) * int32(q[3])
		}
		products[i] = a + b + c + d
	}
}
