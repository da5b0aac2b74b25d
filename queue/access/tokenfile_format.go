package access

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"paceline/queue"
)

// The versions of the format. In the first one no token has a weight, and in the first
// two each sees the names of all users. The oldest that has all there is to tell is
// written, so that an older paceline reads the file if it can obey it.
const (
	unweighted  = 1
	weighted    = 2
	restricted  = 3
	fileVersion = restricted // the newest
)

const maxFile = 1 << 20 // the largest file, in bytes

// fileJSON is the content of the file.
type fileJSON struct {
	Version int         `json:"version"`
	Admins  bool        `json:"admins"` // an admin token was made once: since then only admins change the queue
	Tokens  []tokenJSON `json:"tokens"`
}

type tokenJSON struct {
	Name     string    `json:"name"`
	SHA256   string    `json:"sha256"` // of the whole token, in hex
	Priority string    `json:"priority"`
	Admin    bool      `json:"admin"`
	SeesOwn  bool      `json:"seesOwn,omitempty"` // the names of its own users only
	Weight   *float64  `json:"weight,omitempty"`  // nil means 1
	Created  time.Time `json:"created"`
}

// encode returns the content of the file.
func (l *tokenList) encode() ([]byte, error) {
	f := fileJSON{Version: unweighted, Admins: l.hadAdmin, Tokens: []tokenJSON{}}
	for _, t := range l.tokens {
		entry := tokenJSON{t.Name, hex.EncodeToString(t.hash[:]), t.Priority.String(), t.Admin, !t.SeeAll, nil, t.Created}
		if t.Weight != 1 {
			f.Version, entry.Weight = max(f.Version, weighted), &t.Weight
		}
		if !t.SeeAll {
			f.Version = restricted
		}
		f.Tokens = append(f.Tokens, entry)
	}
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("access: write tokens: %w", err)
	}
	return append(b, '\n'), nil
}

// decode parses a file. It refuses anything unknown: a list that is half understood
// would let the wrong callers in. Its errors are [ErrNewer], or [ErrDamaged] with
// the position; they quote nothing, because a secret may be in the wrong place.
func decode(b []byte) (*tokenList, error) {
	var head struct{ Version int }
	if json.Unmarshal(b, &head) == nil && head.Version > fileVersion {
		return nil, fmt.Errorf("%w (format %d)", ErrNewer, head.Version)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var f fileJSON
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w (%s)", ErrDamaged, errorPosition(b, err))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w (something follows the list)", ErrDamaged)
	}
	if f.Version < unweighted || f.Tokens == nil || len(f.Tokens) > maxTokens {
		return nil, fmt.Errorf("%w (no list of this format)", ErrDamaged)
	}
	l := &tokenList{exists: true, hadAdmin: f.Admins}
	names, hashes := map[string]bool{}, map[hash]bool{}
	for i, entry := range f.Tokens {
		t, why := entry.token()
		switch {
		case names[t.Name]:
			why = "the name comes twice"
		case hashes[t.hash]:
			why = "the hash comes twice"
		}
		if why != "" {
			return nil, fmt.Errorf("%w (token %d of %d, line %d: %s)", ErrDamaged, i+1, len(f.Tokens), tokenLine(b, i), why)
		}
		names[t.Name], hashes[t.hash] = true, true
		l.hadAdmin = l.hadAdmin || t.Admin
		l.tokens = append(l.tokens, t)
	}
	return l, nil
}

// errorPosition describes where in b the decoder's error is.
func errorPosition(b []byte, err error) string {
	offset := int64(-1)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = e.Offset
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		offset = e.Offset
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it is cut off"
	case offset < 0 || offset > int64(len(b)):
		return "a field is not as it should be"
	default:
		return fmt.Sprintf("near line %d", lineAt(b, int(offset)))
	}
}

// tokenLine returns the line of b, which was decoded, at which its token of an index
// begins.
func tokenLine(b []byte, index int) int {
	var f struct{ Tokens []json.RawMessage }
	if json.Unmarshal(b, &f) != nil || index >= len(f.Tokens) {
		return 1
	}
	at := 0
	for i, raw := range f.Tokens[:index+1] {
		at += max(0, bytes.Index(b[at:], raw))
		if i < index {
			at += len(raw)
		}
	}
	return lineAt(b, at)
}

// lineAt returns the line of b that an offset is in, from 1.
func lineAt(b []byte, offset int) int { return 1 + bytes.Count(b[:offset], []byte("\n")) }

// token returns the entry as a token, or why it is none.
func (j tokenJSON) token() (t Token, why string) {
	t = Token{Name: j.Name, Admin: j.Admin, SeeAll: j.Admin || !j.SeesOwn, Weight: 1, Created: j.Created}
	if CheckName(j.Name) != nil {
		return t, "bad name"
	}
	sum, err := hex.DecodeString(j.SHA256)
	if err != nil || len(sum) != len(t.hash) {
		return t, "bad hash"
	}
	copy(t.hash[:], sum)
	if t.Priority, err = queue.ParsePriority(j.Priority); err != nil || j.Priority == "" {
		return t, "the priority must be high, normal or low"
	}
	if j.Weight != nil {
		t.Weight = *j.Weight
	}
	if CheckWeight(t.Weight) != nil {
		return t, fmt.Sprintf("the weight must be from %g to %d", queue.MinWeight, queue.MaxWeight)
	}
	return t, ""
}
