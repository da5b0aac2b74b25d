package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"paceline/queue"
)

const (
	version = 1
	maxSize = 8 << 20 // bytes of a file
)

// fileJSON is the content of a file of this version.
type fileJSON struct {
	Sum   string          `json:"crc32"` // of State's bytes
	State json.RawMessage `json:"state"`
}

var (
	errNewer = errors.New("it was written by a newer version")
	errShape = errors.New("it is not the JSON of a state")
)

// encode returns the content of a file, of at most size bytes if possible: the
// longest idle users are left out until it fits.
func encode(s queue.State, size int) ([]byte, error) {
	for {
		var state bytes.Buffer
		enc := json.NewEncoder(&state)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(s); err != nil {
			return nil, err
		}
		raw := bytes.TrimSpace(state.Bytes())
		file := fmt.Appendf(nil, `{"version":%d,"crc32":"%s","state":%s}`+"\n", version, checksum(raw), raw)
		if len(file) <= size || len(s.Users) == 0 {
			return file, nil
		}
		s.Users = slices.Clone(s.Users)
		slices.SortStableFunc(s.Users, func(a, b queue.UserState) int { return b.Seen.Compare(a.Seen.Time) })
		s.Users = s.Users[:len(s.Users)/2]
	}
}

// decode parses the content of a file. The error says in words what is wrong.
func decode(file []byte) (queue.State, error) {
	var of struct { // the only field that newer versions keep
		Version int `json:"version"`
	}
	if err := json.Unmarshal(file, &of); err != nil {
		return queue.State{}, errShape
	}
	if of.Version > version {
		return queue.State{}, errNewer
	}
	var c fileJSON
	var s queue.State
	switch err := json.Unmarshal(file, &c); {
	case err != nil, of.Version != version:
		return s, errShape
	case c.Sum != checksum(c.State):
		return s, errors.New("its checksum is wrong")
	}
	if err := json.Unmarshal(c.State, &s); err != nil {
		return queue.State{}, errShape
	}
	if err := s.Validate(); err != nil {
		return queue.State{}, err
	}
	return s, nil
}

func checksum(b []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(b)) }
