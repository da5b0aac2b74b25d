package access

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"paceline/queue"
)

const (
	oneHash   = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	otherHash = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
)

// entry writes a token as the file has it.
func entry(name, sum, priority string) string {
	return fmt.Sprintf(`{"name":%q,"sha256":%q,"priority":%q,"admin":false,"created":"2026-11-23T10:00:00Z"}`, name, sum, priority)
}

func file(entries ...string) string {
	return `{"version":1,"admins":false,"tokens":[` + strings.Join(entries, ",\n") + `]}`
}

func TestListsSurviveTheFile(t *testing.T) {
	created := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, want := range []tokenList{
		{exists: true},
		{exists: true, hadAdmin: true},
		{exists: true, tokens: []Token{{Name: "team", Priority: queue.Low, Created: created, hash: hash{1}}}},
		{exists: true, hadAdmin: true, tokens: []Token{
			{Name: "team", Priority: queue.Normal, Created: created, hash: hash{1}},
			{Name: "ops", Priority: queue.High, Admin: true, Created: created, hash: hash{2}},
		}},
	} {
		b, err := want.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(b)
		if err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("got %+v, %v, want %+v, from\n%s", got, err, want, b)
		}
	}
}

func TestWhatIsNoFileOfTokens(t *testing.T) {
	good := entry("team", oneHash, "normal")
	if _, err := decode([]byte(file(good, entry("ops", otherHash, "high")))); err != nil {
		t.Fatalf("a good one: got %v", err)
	}
	for _, c := range []struct {
		name, text string
		want       error
		says       string
	}{
		{"nothing", "", ErrDamaged, "cut off"},
		{"no JSON", "hello", ErrDamaged, "line 1"},
		{"cut off", file(good)[:40], ErrDamaged, "cut off"},
		{"a list", "[]", ErrDamaged, "line 1"},
		{"null", "null", ErrDamaged, "no list"},
		{"no version", `{"tokens":[]}`, ErrDamaged, "no list"},
		{"version as text", `{"version":"1","tokens":[]}`, ErrDamaged, "line 1"},
		{"version 0", `{"version":0,"tokens":[]}`, ErrDamaged, "no list"},
		{"version -1", `{"version":-1,"tokens":[]}`, ErrDamaged, "no list"},
		{"version 2", `{"version":2,"tokens":[]}`, ErrNewer, "format 2"},
		{"version 2, of another form", `{"version":2,"tokens":{"a":1},"more":true}`, ErrNewer, "format 2"},
		{"no tokens", `{"version":1}`, ErrDamaged, "no list"},
		{"null tokens", `{"version":1,"tokens":null}`, ErrDamaged, "no list"},
		{"two values", file(good) + file(), ErrDamaged, "follows"},
		{"more behind it", file(good) + "x", ErrDamaged, "follows"},
		{"unknown field", strings.Replace(file(good), `"admin"`, `"amdin"`, 1), ErrDamaged, "a field"},
		{"admin as text", strings.Replace(file(good, good), `"admin":false`, "\n\n"+`"admin":"yes"`, 1), ErrDamaged, "line 3"},
		{"no name", file(entry("", oneHash, "normal")), ErrDamaged, "token 1 of 1"},
		{"bad name", file(good, entry("a b", otherHash, "normal")), ErrDamaged, "token 2 of 2"},
		{"name twice", file(good, entry("team", otherHash, "normal")), ErrDamaged, "token 2 of 2"},
		{"hash twice", file(good, entry("ops", oneHash, "normal")), ErrDamaged, "token 2 of 2"},
		{"short hash", file(entry("team", oneHash[2:], "normal")), ErrDamaged, "token 1"},
		{"long hash", file(entry("team", oneHash+"00", "normal")), ErrDamaged, "token 1"},
		{"odd hash", file(entry("team", oneHash[1:]+"x", "normal")), ErrDamaged, "token 1"},
		{"no priority", file(entry("team", oneHash, "")), ErrDamaged, "token 1"},
		{"unknown priority", file(entry("team", oneHash, "highest")), ErrDamaged, "token 1"},
		{"bad time", strings.Replace(file(good), "2026-11-23T10", "yesterday", 1), ErrDamaged, "a field"},
	} {
		l, err := decode([]byte(c.text))
		if !errors.Is(err, c.want) || l != nil || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: got %v, %v, want %v that says %q", c.name, l, err, c.want, c.says)
		}
	}
	many := make([]string, maxTokens+1)
	for i := range many {
		many[i] = entry(fmt.Sprint(i), fmt.Sprintf("%064x", i), "low")
	}
	if _, err := decode([]byte(file(many...))); !errors.Is(err, ErrDamaged) {
		t.Errorf("%d tokens: got %v, want %v", len(many), err, ErrDamaged)
	}
	if l, err := decode([]byte(file(many[1:]...))); err != nil || len(l.tokens) != maxTokens {
		t.Errorf("%d tokens: got %v, want them all", maxTokens, err)
	}
}

// An admin in the list is one that was made, whatever the rest of the file says.
func TestAnAdminInTheListCounts(t *testing.T) {
	l, err := decode([]byte(strings.Replace(file(entry("ops", oneHash, "high")), `"admin":false`, `"admin":true`, 1)))
	if err != nil || !l.hadAdmin {
		t.Errorf("got %+v, %v, want an admin", l, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(file()))
	f.Add([]byte(file(entry("team", oneHash, "normal"), entry("ops", otherHash, "high"))))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`{"version":1,"tokens":[{"pl_secretsecret":1}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := decode(b)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
				t.Errorf("got %v, want damaged or newer", err)
			}
			if len(err.Error()) > 120 || strings.Contains(err.Error(), "secret") {
				t.Errorf("the error quotes the file: %v", err)
			}
			return
		}
		seen := map[string]bool{}
		for _, token := range l.tokens {
			name, sum := "name "+token.Name, "hash "+string(token.hash[:])
			if CheckName(token.Name) != nil || seen[name] || seen[sum] || token.Admin && !l.hadAdmin {
				t.Errorf("took %+v in %+v", token, l)
			}
			seen[name], seen[sum] = true, true
		}
		again, err := l.encode()
		if err != nil {
			return // a year that JSON cannot write
		}
		l2, err := decode(again)
		if err != nil {
			t.Fatalf("what it wrote itself: %v\n%s", err, again)
		}
		if third, err := l2.encode(); err != nil || !bytes.Equal(again, third) {
			t.Errorf("written twice: got\n%s, %v, want\n%s", third, err, again)
		}
	})
}
