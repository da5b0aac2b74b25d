package state

import (
	"fmt"
	"strings"
	"testing"
)

func TestTheFile(t *testing.T) {
	b, err := encode(some(), maxSize)
	if err != nil {
		t.Fatal(err)
	}
	_, raw, _ := strings.Cut(strings.TrimSuffix(string(b), "}\n"), `"state":`)
	want := `{"version":1,"crc32":"` + checksum([]byte(raw)) + `","state":{"successful":45,`
	if !strings.HasPrefix(string(b), want) || !strings.Contains(string(b), `"name":"user_<1>","done":40,"failed":2,"lastWaitMs":1900,"seen":"2026-11-23T14:00:00.000Z"}`) || !strings.HasSuffix(string(b), "}}\n") {
		t.Errorf("got\n%s, want\n%s…", b, want)
	}
}

func TestTheLongestIdleUsersAreLeftOutOfAFileThatIsFull(t *testing.T) {
	s := crowd(400, strings.Repeat("\x01", 100))
	s.Resets = 7
	for i := range s.Users[:200] { // the order of the list says nothing
		s.Users[i], s.Users[399-i] = s.Users[399-i], s.Users[i]
	}
	first := s.Users[0].Name
	const size = 100_000
	b, err := encode(s, size)
	if err != nil || len(b) > size {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	got, err := decode(b)
	if err != nil || got.Resets != 7 || len(got.Users) < 50 {
		t.Fatalf("got %d users, %v", len(got.Users), err)
	}
	for i, u := range got.Users {
		if want := fmt.Sprintf("%s%d", strings.Repeat("\x01", 100), i); u.Name != want {
			t.Fatalf("got %q, want %q", u.Name, want)
		}
	}
	if s.Users[0].Name != first || len(s.Users) != 400 {
		t.Error("the caller's state has changed")
	}
	if b, err := encode(s, 1); err != nil || strings.Contains(string(b), "name") {
		t.Errorf("got %s, %v", b, err)
	}
}

func BenchmarkEncode10000Users(b *testing.B) {
	s := crowd(10_000, "user_")
	for b.Loop() {
		file, err := encode(s, maxSize)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(file)))
	}
}
