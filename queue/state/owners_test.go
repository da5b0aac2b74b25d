package state

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// owned checks who owns what; an empty name is nobody known.
func owned(t *testing.T, o *Owners, want map[string]string) {
	t.Helper()
	for id, token := range want {
		if got, known := o.Owner(id); got != token || known != (token != "") {
			t.Errorf("%s: got %q %v, want %q", id, got, known, token)
		}
	}
}

func TestOwnersOutlastARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "x.owners")
	var say operator
	for n := range 3 {
		o := OpenOwners(path, say.say)
		for i := range n {
			owned(t, o, map[string]string{fmt.Sprintf("file_%d", i): "team", fmt.Sprintf("msgbatch_%d", i): "ops"})
		}
		owned(t, o, map[string]string{fmt.Sprintf("file_%d", n): ""})
		o.Add(fmt.Sprintf("file_%d", n), "team")
		o.Add(fmt.Sprintf("msgbatch_%d", n), "ops")
		o.Close()
		o.Close()
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v %v, want it private", info, err)
	}
	say.heard(t)
}

// The oldest are forgotten, in the file, too: it never has more than twice as many.
func TestOwnersAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.owners")
	lines := bytes.NewBufferString(ownersHead + "\n")
	for i := range maxOwners + 10 {
		_, _ = fmt.Fprintf(lines, "file_%d team\n", i)
	}
	if err := os.WriteFile(path, lines.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var say operator
	o := OpenOwners(path, say.say)
	defer o.Close()
	owned(t, o, map[string]string{"file_9": "", "file_10": "team"})
	o.Add("file_new", "ops")
	owned(t, o, map[string]string{"file_10": "", "file_11": "team", "file_new": "ops"})
	o.lines = 2 * maxOwners
	o.Add("file_newer", "ops")
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n") != maxOwners+1 || !strings.HasSuffix(string(text), "file_newer ops\n") {
		t.Errorf("the file has %d lines, want %d: %v", strings.Count(string(text), "\n"), maxOwners+1, err)
	}
	say.heard(t)
}

func TestOwnersFilesThatAreNotWhole(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       map[string]string
		said       []string
	}{
		{"cut off", ownersHead + "\nfile_1 team\nfile_2 te", map[string]string{"file_1": "team", "file_2": "", "file_3": "ops"}, nil},
		{"a line of something else", ownersHead + "\nfile_1\n\x1b[2J x\nfile_2 team\n", map[string]string{"file_1": "", "file_2": "team", "file_3": "ops"}, nil},
		{"empty", "", map[string]string{"file_1": ""}, []string{"move it away"}},
		{"newer", "paceline owners 2\nfile_1 team\n", map[string]string{"file_1": ""}, []string{"move it away"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.owners")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var say operator
			o := OpenOwners(path, say.say)
			o.Add("file_3", "ops")
			owned(t, o, map[string]string{"file_3": "ops"})
			o.Close()
			if len(c.said) > 0 {
				if text, _ := os.ReadFile(path); string(text) != c.text {
					t.Errorf("the file was changed to %q", text)
				}
			} else {
				o = OpenOwners(path, say.say)
				defer o.Close()
			}
			owned(t, o, c.want)
			say.heard(t, c.said...)
		})
	}
}

// Two processes never write the same file, and a disk that is full is told once.
func TestOwnersThatCannotBeKeptStayInMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.owners")
	var say operator
	first := OpenOwners(path, say.say)
	defer first.Close()
	second := OpenOwners(path, say.say)
	say.heard(t, "another process")
	second.Add("file_1", "team")
	owned(t, second, map[string]string{"file_1": "team"})
	owned(t, first, map[string]string{"file_1": ""})

	block := filepath.Join(tempPath(path), "x")
	if err := os.MkdirAll(block, 0o700); err != nil {
		t.Fatal(err)
	}
	first.Add("file_2", "team")
	first.Add("file_3", "team")
	say.heard(t, "cannot be written")
	if err := os.RemoveAll(tempPath(path)); err != nil {
		t.Fatal(err)
	}
	first.Add("file_4", "team")
	say.heard(t, "again")
	first.Close()
	third := OpenOwners(path, say.say)
	defer third.Close()
	owned(t, third, map[string]string{"file_2": "team", "file_3": "team", "file_4": "team"})

	memory := OpenOwners("", say.say)
	defer memory.Close()
	memory.Add("file_5", "team")
	memory.Add("file 6", "team")
	memory.Add("file_7", "te\nam")
	owned(t, memory, map[string]string{"file_5": "team", "file 6": "", "file_7": ""})
	say.heard(t)
}
