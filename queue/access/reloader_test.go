package access

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestFilesAreReadWhenThereIsReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		write := func(text string) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("one")
		move := func(from, to string) func() {
			return func() {
				if err := os.Rename(from, to); err != nil {
					t.Fatal(err)
				}
			}
		}
		reads, reports := 0, 0
		var broken error
		r, err := newReloader(func(old *string) (*string, error) {
			reads++
			b, err := os.ReadFile(path)
			text := string(b)
			return &text, errors.Join(err, broken)
		}, func(error) { reports++ }, path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			when           string
			act            func()
			want           string
			reads, reports int
		}{
			{"read at first", func() {}, "one", 1, 0},
			{"untouched", func() {}, "one", 1, 0},
			{"changed", func() { write("longer") }, "longer", 2, 0},
			{"untouched again", func() {}, "longer", 2, 0},
			{"changed, but cannot be read", func() { write("third one"); broken = errors.New("no") }, "longer", 3, 1},
			{"still", func() {}, "longer", 4, 1},
			{"for another reason", func() { broken = errors.New("never") }, "longer", 5, 2},
			{"can be read, and was not touched", func() { broken = nil }, "third one", 6, 2},
			{"untouched once more", func() {}, "third one", 6, 2},
			{"moved away", move(path, path+".away"), "third one", 7, 3},
			{"back as it was", move(path+".away", path), "third one", 8, 3},
			{"moved away again", move(path, path+".away"), "third one", 9, 4},
		} {
			c.act()
			time.Sleep(checkInterval)
			for range 3 { // at one instant
				if got := *r.get(); got != c.want || reads != c.reads || reports != c.reports {
					t.Errorf("%s: got %q after %d reads and %d reports, want %q, %d, %d", c.when, got, reads, reports, c.want, c.reads, c.reports)
				}
			}
		}
	})
}
