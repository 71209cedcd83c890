package cursor_test

import (
	"strings"
	"testing"

	"morag/internal/cursor"
)

type place struct {
	At int64  `json:"a"`
	ID string `json:"i"`
}

func TestRead(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("i", cursor.MaxBytes/4*3-len(`{"a":-1,"i":""}`))
	for _, tt := range []struct {
		name, text string
		want       place
		ok         bool
	}{
		{"what was made", cursor.Text(place{7, "d'\x00"}), place{7, "d'\x00"}, true},
		{"the longest", cursor.Text(place{-1, longest}), place{-1, longest}, true},
		{"too long", cursor.Text(place{-1, longest + "i"}), place{}, false},
		{"no base64", "???", place{}, false},
		{"no JSON", "IQ", place{}, false},
		{"of another list", cursor.Text("d"), place{}, false},
		{"nothing", "", place{}, false},
	} {
		var got place
		if ok := cursor.Read(tt.text, &got); ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: %+v, %v", tt.name, got, ok)
		}
	}
}
