package access

import (
	"bytes"
	"errors"
	"fmt"
	"math"
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

// weighing is an entry with a weight.
func weighing(name, weight string) string {
	return strings.Replace(entry(name, otherHash, "normal"), "{", `{"weight":`+weight+`,`, 1)
}

func file(entries ...string) string {
	return `{"version":1,"admins":false,"tokens":[` + strings.Join(entries, ",\n") + `]}`
}

func TestListsSurviveTheFile(t *testing.T) {
	created := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, want := range []tokenList{
		{exists: true},
		{exists: true, hadAdmin: true},
		{exists: true, tokens: []Token{{Name: "team", Priority: queue.Low, Weight: 1, Created: created, hash: hash{1}}}},
		{exists: true, hadAdmin: true, tokens: []Token{
			{Name: "team", Priority: queue.Normal, Weight: 0.001, Created: created, hash: hash{1}},
			{Name: "ops", Priority: queue.High, Admin: true, SeeAll: true, Weight: 1, Created: created, hash: hash{2}},
			{Name: "batch", Priority: queue.Low, Weight: 1000, Created: created, hash: hash{3}},
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
		{"version 4", `{"version":4,"tokens":[]}`, ErrNewer, "format 4"},
		{"version 4, of another form", `{"version":4,"tokens":{"a":1},"more":true}`, ErrNewer, "format 4"},
		{"no tokens", `{"version":1}`, ErrDamaged, "no list"},
		{"null tokens", `{"version":1,"tokens":null}`, ErrDamaged, "no list"},
		{"two values", file(good) + file(), ErrDamaged, "follows"},
		{"more behind it", file(good) + "x", ErrDamaged, "follows"},
		{"unknown field", strings.Replace(file(good), `"admin"`, `"amdin"`, 1), ErrDamaged, "a field"},
		{"admin as text", strings.Replace(file(good, good), `"admin":false`, "\n\n"+`"admin":"yes"`, 1), ErrDamaged, "line 3"},
		{"no name", file(entry("", oneHash, "normal")), ErrDamaged, "token 1 of 1"},
		{"bad name", file(good, entry("a b", otherHash, "normal")), ErrDamaged, "token 2 of 2"},
		{"name twice", file(good, entry("team", otherHash, "normal")), ErrDamaged, "token 2 of 2, line 2: the name comes twice"},
		{"hash twice", file(good, entry("ops", oneHash, "normal")), ErrDamaged, "token 2 of 2, line 2: the hash comes twice"},
		{"the same twice", file(good, good), ErrDamaged, "token 2 of 2, line 2: the name comes twice"},
		{"short hash", file(entry("team", oneHash[2:], "normal")), ErrDamaged, "token 1"},
		{"long hash", file(entry("team", oneHash+"00", "normal")), ErrDamaged, "token 1"},
		{"odd hash", file(entry("team", oneHash[1:]+"x", "normal")), ErrDamaged, "token 1"},
		{"no priority", file(entry("team", oneHash, "")), ErrDamaged, "token 1 of 1, line 1: the priority must be high"},
		{"unknown priority", file(entry("team", oneHash, "highest")), ErrDamaged, "token 1"},
		{"weight of 0", file(good, weighing("ops", "0")), ErrDamaged, "token 2 of 2, line 2: the weight must be from 0.001 to 1000"},
		{"negative weight", file(weighing("ops", "-1"), good), ErrDamaged, "token 1 of 2, line 1: the weight must be from"},
		{"small weight", file(weighing("ops", "1e-9")), ErrDamaged, "the weight must be from"},
		{"great weight", file(weighing("ops", "1001")), ErrDamaged, "the weight must be from"},
		{"no number for a weight", file(weighing("ops", "1e999")), ErrDamaged, "line 1"},
		{"weight as text", file(good, weighing("ops", `"2"`)), ErrDamaged, "line 2"},
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

// A file without weights is one that every paceline reads, a file with weights is one
// that an older paceline calls newer. It is read in either case.
func TestWeightsAndOlderPrograms(t *testing.T) {
	for weight, want := range map[float64]string{1: `"version": 1,`, 2: `"version": 2,`} {
		b, err := (&tokenList{exists: true, tokens: []Token{{Name: "team", SeeAll: true, Weight: weight}}}).encode()
		if err != nil || !strings.Contains(string(b), want) || strings.Contains(string(b), "weight") != (weight != 1) {
			t.Errorf("weight %g: got\n%s, %v, want %s", weight, b, err, want)
		}
	}
	for text, want := range map[string]float64{
		file(entry("ops", otherHash, "low")): 1,
		file(weighing("ops", "null")):        1,
		file(weighing("ops", "2.5")):         2.5,
		strings.Replace(file(weighing("ops", "2.5")), `"version":1`, `"version":2`, 1): 2.5,
	} {
		if l, err := decode([]byte(text)); err != nil || l.tokens[0].Weight != want {
			t.Errorf("%s: got %+v, %v, want the weight %g", text, l, err, want)
		}
	}
}

func TestWeights(t *testing.T) {
	for _, weight := range []float64{0.001, 0.5, 1, 2, 1000} {
		if err := CheckWeight(weight); err != nil {
			t.Errorf("%g: got %v, want none", weight, err)
		}
	}
	for _, weight := range []float64{0, -1, 0.0009, 1000.1, math.NaN(), math.Inf(1), math.Inf(-1)} {
		if err := CheckWeight(weight); !errors.Is(err, ErrWeight) {
			t.Errorf("%g: got %v, want %v", weight, err, ErrWeight)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(file()))
	f.Add([]byte(file(entry("team", oneHash, "normal"), entry("ops", otherHash, "high"))))
	f.Add([]byte(file(entry("team", oneHash, "normal"), weighing("ops", "2.5"))))
	f.Add([]byte(file(weighing("ops", "0"))))
	f.Add([]byte(`{"version":4}`))
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
			if CheckName(token.Name) != nil || CheckWeight(token.Weight) != nil || seen[name] || seen[sum] || token.Admin && !l.hadAdmin {
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

// A file of which each token sees all is one that an older paceline reads; of one that sees
// less an older paceline says that it is newer, and shows nobody more than it may see.
func TestRestrictedTokensAndOlderPrograms(t *testing.T) {
	for seeAll, want := range map[bool]string{true: `"version": 1,`, false: `"version": 3,`} {
		for _, weight := range []float64{1, 2} {
			list := tokenList{exists: true, tokens: []Token{
				{Name: "team", SeeAll: seeAll, Weight: 1, hash: hash{1}}, {Name: "last", SeeAll: true, Weight: weight, hash: hash{2}},
			}}
			if weight != 1 && seeAll {
				want = `"version": 2,`
			}
			b, err := list.encode()
			if err != nil || !strings.Contains(string(b), want) || strings.Contains(string(b), "seesOwn") == seeAll {
				t.Errorf("sees all %v, weight %g: got\n%s, %v, want %s", seeAll, weight, b, err, want)
			}
			if l, err := decode(b); err != nil || l.tokens[0].SeeAll != seeAll || !l.tokens[1].SeeAll {
				t.Errorf("sees all %v: got %+v, %v", seeAll, l, err)
			}
		}
	}
	if l, err := decode([]byte(file(entry("team", oneHash, "low")))); err != nil || !l.tokens[0].SeeAll {
		t.Errorf("a token of before: got %+v, %v, want one that sees all, as it did", l, err)
	}
}
