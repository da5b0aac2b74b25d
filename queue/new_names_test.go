package queue

import (
	"fmt"
	"testing"
	"time"
)

func TestNewNamesAreCountedForTenMinutes(t *testing.T) {
	var n newNames
	for i := range maxNewNames {
		if !n.has("a", 0) {
			t.Fatalf("only %d have turns of their own", i)
		}
		n.add("a", time.Duration(i)*time.Second)
	}
	for _, c := range []struct {
		origin string
		at     time.Duration
		want   bool
	}{
		{"a", newNameTime - 1, false},
		{"a", newNameTime, true},
		{"b", 0, true},
	} {
		if got := n.has(c.origin, c.at); got != c.want {
			t.Errorf("%s at %v: got %v", c.origin, c.at, got)
		}
	}
}

// Where many origins are known, one more name of one of them forgets nobody.
func TestManyOriginsAreForgottenTogether(t *testing.T) {
	var n newNames
	for i := range maxOrigins {
		n.add(fmt.Sprint(i), 0)
	}
	for range maxNewNames - 1 {
		n.add("0", 0)
	}
	if n.has("0", 0) || len(n.byOrigin) != maxOrigins {
		t.Errorf("%d origins are known, and 0 has more names: %v", len(n.byOrigin), n.has("0", 0))
	}
	if n.add("new", 0); len(n.byOrigin) != 1 {
		t.Errorf("%d origins are known, want the new one alone", len(n.byOrigin))
	}
}
