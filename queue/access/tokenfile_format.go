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

// The version of the format, and the largest file, in bytes.
const (
	fileVersion = 1
	maxFile     = 1 << 20
)

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
	Created  time.Time `json:"created"`
}

// encode returns the content of the file.
func (l *tokenList) encode() ([]byte, error) {
	f := fileJSON{Version: fileVersion, Admins: l.hadAdmin, Tokens: []tokenJSON{}}
	for _, t := range l.tokens {
		f.Tokens = append(f.Tokens, tokenJSON{t.Name, hex.EncodeToString(t.hash[:]), t.Priority.String(), t.Admin, t.Created})
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
	if f.Version != fileVersion || f.Tokens == nil || len(f.Tokens) > maxTokens {
		return nil, fmt.Errorf("%w (no list of this format)", ErrDamaged)
	}
	l := &tokenList{exists: true, hadAdmin: f.Admins}
	names, hashes := map[string]bool{}, map[hash]bool{}
	for i, entry := range f.Tokens {
		t, ok := entry.token()
		if !ok || names[t.Name] || hashes[t.hash] {
			return nil, fmt.Errorf("%w (token %d of %d)", ErrDamaged, i+1, len(f.Tokens))
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
		return fmt.Sprintf("near line %d", 1+bytes.Count(b[:offset], []byte("\n")))
	}
}

// token returns the entry as a token; false if it is incomplete.
func (j tokenJSON) token() (Token, bool) {
	t := Token{Name: j.Name, Admin: j.Admin, Created: j.Created}
	sum, err := hex.DecodeString(j.SHA256)
	if err != nil || len(sum) != len(t.hash) || CheckName(j.Name) != nil {
		return Token{}, false
	}
	copy(t.hash[:], sum)
	t.Priority, err = queue.ParsePriority(j.Priority)
	return t, err == nil && j.Priority != ""
}
