package app

import (
	"strings"
	"testing"
)

func TestListeningTwiceIsToldInASentence(t *testing.T) {
	t.Parallel()
	first, err := listen("127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	addr := first.Addr().String()
	second, err := listen(addr, 1)
	if err == nil {
		second.Close()
		t.Fatal("two listen on one address")
	}
	if want := "another program listens on " + addr + " already"; !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
