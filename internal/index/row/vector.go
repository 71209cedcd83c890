package row

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// EncodeVector is the column of a vector: its numbers, 4 bytes each.
func EncodeVector(v []float32) []byte {
	blob := make([]byte, 0, 4*len(v))
	for _, number := range v {
		blob = binary.LittleEndian.AppendUint32(blob, math.Float32bits(number))
	}
	return blob
}

// DecodeVector reads such a column into v. It fails when the column has another length.
func DecodeVector(v []float32, blob []byte) error {
	if len(blob) != 4*len(v) {
		return fmt.Errorf("vector of %d bytes, not %d", len(blob), 4*len(v))
	}
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(blob[4*i:]))
	}
	return nil
}

// Finite refuses a vector with numbers that cannot be compared.
func Finite(v []float32) error {
	for _, number := range v {
		if math.IsNaN(float64(number)) || math.IsInf(float64(number), 0) {
			return errors.New("its vector is not finite")
		}
	}
	return nil
}
