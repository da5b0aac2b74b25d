package serve

import (
	"os"
	"path/filepath"
	"testing"

	"paceline/queue"
	"paceline/ui/cli/command"
)

// A capture goes on where the file ends, which only its owner can read from then on; what is no
// file is refused.
func TestCaptureFile(t *testing.T) {
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	defer command.StopQueue(q)
	dir := t.TempDir()
	old := filepath.Join(dir, "old")
	if err := os.WriteFile(old, []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(old, 0o644); err != nil { //nolint:gosec // as somebody may have made it
		t.Fatal(err)
	}
	for _, name := range []string{old, filepath.Join(dir, "new")} {
		p := process{App: &command.App{}, flags: &flags{capture: name}}
		capture, closeIt, err := p.openCapture(q)
		if err != nil || capture == nil {
			t.Fatalf("%s: got %v, %v", name, capture, err)
		}
		closeIt()
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v, %v, want it to be its owner's alone", name, info.Mode(), err)
		}
	}
	if text, err := os.ReadFile(old); err != nil || string(text) != "before\n" {
		t.Errorf("got %q, %v, want what was there", text, err)
	}
	for _, name := range []string{dir, filepath.Join(dir, "none", "file")} {
		p := process{App: &command.App{}, flags: &flags{capture: name}}
		if _, _, err := p.openCapture(q); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	p := process{App: &command.App{}, flags: &flags{}}
	if capture, closeIt, err := p.openCapture(q); capture != nil || err != nil {
		t.Errorf("without the flag: got %v, %v", capture, err)
	} else {
		closeIt()
	}
}
