package loadtest

import (
	"testing"
	"time"
)

// A user without a success has no average to compare.
func TestFastestAndSlowest(t *testing.T) {
	none := User{Name: "none", Failed: 3}
	a, b, c := User{Name: "a", Succeeded: 1, Average: 2 * time.Second}, User{Name: "b", Succeeded: 2, Average: time.Second}, User{Name: "c", Succeeded: 1, Average: 5 * time.Second}
	for _, s := range []struct {
		users            []User
		fastest, slowest string
		ok               bool
	}{
		{nil, "", "", false},
		{[]User{none, a}, "a", "a", false},
		{[]User{none, a, b, c}, "b", "c", true},
		{[]User{c, b, a, none}, "b", "c", true},
	} {
		r := Result{Users: s.users}
		if fastest, slowest, ok := r.FastestAndSlowest(); fastest.Name != s.fastest || slowest.Name != s.slowest || ok != s.ok {
			t.Errorf("%v: got %q, %q, %v, want %q, %q, %v", s.users, fastest.Name, slowest.Name, ok, s.fastest, s.slowest, s.ok)
		}
	}
}
