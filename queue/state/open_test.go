package state

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"paceline/queue"
)

// names returns what lies in a directory, beside the lock.
func names(t testing.TB, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") {
			list = append(list, e.Name())
		}
	}
	return list
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	var o operator
	path := filepath.Join(t.TempDir(), "a", "b", "x.json")
	f, s := Open(path, o.say)
	if f == nil || !reflect.DeepEqual(s, queue.State{}) {
		t.Fatalf("no file yet: got %v, %+v", f, s)
	}
	if got := names(t, filepath.Dir(path)); len(got) != 0 {
		t.Errorf("nothing has happened, and there is %v", got)
	}
	if !f.write(some()) {
		t.Error("not written")
	}
	f.Close()
	f.Close()
	if runtime.GOOS != "windows" {
		for name, want := range map[string]os.FileMode{path: 0o600, path + ".lock": 0o600, filepath.Dir(path): 0o700} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: got %v, %v, want %v", name, info.Mode(), err, want)
			}
		}
	}
	f, s = Open(path, o.say)
	defer f.Close()
	if !reflect.DeepEqual(s, some()) {
		t.Errorf("got %+v, want %+v", s, some())
	}
	o.heard(t)
}

func TestFilesThatCannotBeRead(t *testing.T) {
	good, err := encode(some(), maxSize)
	if err != nil {
		t.Fatal(err)
	}
	with := func(s queue.State) []byte {
		b, err := encode(s, maxSize)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name  string
		file  []byte
		aside string // how the name that it gets goes on
		why   string
	}{
		{"empty", nil, ".damaged-", "not the JSON"},
		{"zeros", make([]byte, 512), ".damaged-", "not the JSON"},
		{"half", good[:len(good)/2], ".damaged-", "not the JSON"},
		{"something behind", append(slices.Clone(good), '{'), ".damaged-", "not the JSON"},
		{"one digit", bytes.Replace(good, []byte(`:45,`), []byte(`:46,`), 1), ".damaged-", "checksum"},
		{"null", []byte("null"), ".damaged-", "not the JSON"},
		{"a list", []byte("[]"), ".damaged-", "not the JSON"},
		{"no version", []byte("{}"), ".damaged-", "not the JSON"},
		{"version 0", bytes.Replace(good, []byte(`"version":1`), []byte(`"version":0`), 1), ".damaged-", "not the JSON"},
		{"no state", []byte(`{"version":1,"crc32":"00000000"}`), ".damaged-", "not the JSON"},
		{"another state", []byte(`{"version":1,"crc32":"` + checksum([]byte(`[7]`)) + `","state":[7]}`), ".damaged-", "not the JSON"},
		{"absurd", with(queue.State{Successful: -1}), ".damaged-", "successful is -1"},
		{"newer", bytes.Replace(good, []byte(`"version":1`), []byte(`"version":2`), 1), ".newer-", "newer version"},
		{"newer, otherwise", []byte(`{"version":7,"crc32":9,"state":"x"}`), ".newer-", "newer version"},
		{"huge", bytes.Repeat([]byte(" "), maxSize+1), ".damaged-", "larger than 8 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var o operator
			path := filepath.Join(t.TempDir(), "x.json")
			for n := 1; n <= 2; n++ { // the second one finds the name of the first taken
				if err := os.WriteFile(path, c.file, 0o600); err != nil {
					t.Fatal(err)
				}
				f, s := Open(path, o.say)
				if f == nil || !reflect.DeepEqual(s, queue.State{}) {
					t.Fatalf("got %v and %+v, want a file and nothing", f, s)
				}
				list := names(t, filepath.Dir(path))
				if len(list) != n {
					t.Fatalf("got %v, want %d", list, n)
				}
				for _, name := range list {
					kept, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
					if err != nil || !bytes.Equal(kept, c.file) || !strings.HasPrefix(name, "x.json"+c.aside) {
						t.Errorf("%s: %d bytes, %v", name, len(kept), err)
					}
				}
				o.heard(t, c.why)
				f.Close()
			}
		})
	}
}

func TestGoingOnWithoutAFile(t *testing.T) {
	dir := t.TempDir()
	made := func(name string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	cases := map[string][2]string{
		"a directory in its place": {made("d.json", os.Mkdir(filepath.Join(dir, "d.json"), 0o700)), "it is not a file"},
		"no directory":             {filepath.Join(made("f", os.WriteFile(filepath.Join(dir, "f"), nil, 0o600)), "x.json"), "mkdir"},
		"a lock that is none":      {made("l.json", os.Mkdir(filepath.Join(dir, "l.json.lock"), 0o700)), "open"},
	}
	if runtime.GOOS != "windows" && os.Geteuid() != 0 {
		cases["not ours to read"] = [2]string{made("p.json", os.WriteFile(filepath.Join(dir, "p.json"), nil, 0)), "permission denied"}
	}
	for name, c := range cases {
		var o operator
		f, s := Open(c[0], o.say)
		if f != nil || !reflect.DeepEqual(s, queue.State{}) {
			t.Errorf("%s: got %v and %+v, want nothing", name, f, s)
		}
		o.heard(t, c[1])
		f.Keep(t.Context(), nil) // returns
		f.Close()
	}
	for _, name := range []string{"d.json", "f"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestThePathCannotBreakOutOfTheLine(t *testing.T) {
	var o operator
	path := filepath.Join(t.TempDir(), "a\n\x1b[31m.json")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Skip(err) // not every system takes such a name
	}
	Open(path, o.say)
	if len(o.lines) != 1 || strings.ContainsAny(o.lines[0], "\n\x1b") {
		t.Errorf("got %q", o.lines)
	}
}

func TestTwoOfOneFile(t *testing.T) {
	var o operator
	path := filepath.Join(t.TempDir(), "x.json")
	first, _ := Open(path, o.say)
	first.write(some())
	second, s := Open(path, o.say)
	if second != nil || s.Successful != 0 {
		t.Errorf("the second one got %v and %+v", second, s)
	}
	o.heard(t, "another process")
	other, _ := Open(path+"2", o.say)
	if other == nil {
		t.Error("another file is taken, too")
	}
	other.Close()
	first.Close()
	third, s := Open(path, o.say)
	if third == nil || s.Successful != 45 {
		t.Errorf("after the first one: got %v and %+v", third, s)
	}
	third.Close()
	o.heard(t)
}

// A process that is killed in the middle of a write leaves a lock file and a half
// file behind, and harms nothing.
func TestAKilledProcess(t *testing.T) {
	const variable = "PACELINE_TEST_STATE"
	var o operator
	if path := os.Getenv(variable); path != "" { // it is this one
		f, _ := Open(path, o.say)
		f.write(some())
		if err := os.WriteFile(tempPath(f.path), []byte(`{"vers`), 0o400); err != nil {
			t.Fatal(err)
		}
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		_ = self.Signal(syscall.SIGKILL)
		select {}
	}
	path := filepath.Join(t.TempDir(), "x.json")
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$") //nolint:gosec // this test again
	c.Env = append(os.Environ(), variable+"="+path)
	if out, err := c.CombinedOutput(); err == nil || len(out) > 0 {
		t.Fatalf("it was not killed: %v, %s", err, out)
	}
	if _, err := os.Stat(path + ".tmp"); err != nil {
		t.Fatal(err)
	}
	f, s := Open(path, o.say)
	defer f.Close()
	if f == nil || !reflect.DeepEqual(s, some()) {
		t.Errorf("got %v and %+v", f, s)
	}
	if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{"x.json"}) {
		t.Errorf("got %v, want x.json alone", got)
	}
	o.heard(t)
}

// Whatever the file says, nothing panics, nothing is lost, and a queue takes what
// is read.
func FuzzOpen(f *testing.F) {
	good, err := encode(some(), maxSize)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "{}", "null", string(good), string(good[:50]), `{"version":2}`, `{"version":1,"crc32":"` + checksum([]byte("{}")) + `","state":{}}`} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, whole bool) {
		if whole { // past the checksum
			b = append([]byte(`{"version":1,"crc32":"`+checksum(b)+`","state":`), append(b, '}')...)
		}
		path := filepath.Join(t.TempDir(), "x.json")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		var o operator
		file, s := Open(path, o.say)
		if file == nil || len(o.lines) > 1 {
			t.Fatalf("got no file, or many words: %q", o.lines)
		}
		defer file.Close()
		if _, err := queue.New(queue.DefaultSettings(), queue.Restore(s)); err != nil {
			t.Error(err)
		}
		list := names(t, filepath.Dir(path))
		if len(list) != 1 || (list[0] == "x.json") != (len(o.lines) == 0) {
			t.Fatalf("got %v and %q", list, o.lines)
		}
		if kept, err := os.ReadFile(filepath.Join(filepath.Dir(path), list[0])); err != nil || !bytes.Equal(kept, b) {
			t.Errorf("the file has changed: %v", err)
		}
	})
}
