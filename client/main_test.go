package client

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"paceline/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire returns an example of the published wire.
func wire(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "wire", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// decoded returns what Decode makes of body.
func decoded(t testing.TB, body string) Sample {
	t.Helper()
	s, err := Decode([]byte(body))
	if err != nil {
		t.Fatalf("Decode(%s): %v", body, err)
	}
	return s
}

func check[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// t0 is when the tests' stories begin.
func t0() time.Time { return time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC) }

// fromReport returns what FromReport makes of r.
func fromReport(t testing.TB, r queue.Report) Sample {
	t.Helper()
	s, err := FromReport(r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func at(seconds float64) time.Time {
	return t0().Add(time.Duration(seconds * float64(time.Second)))
}
