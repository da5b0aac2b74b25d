package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"paceline/queue"
)

// A secret is a prefix, by which it can be found in a log or a repository, and 256
// random bits in hex.
const (
	secretPrefix = "pl_"
	secretBytes  = 32
	secretLength = len(secretPrefix) + 2*secretBytes
)

const (
	maxName   = 64   // bytes of a token's name
	maxTokens = 1000 // in a file; each request is compared with all of them
)

// Token is a gateway token without its secret, which is shown only when the token
// is made.
type Token struct {
	Name     string         // 1 to 64 letters, digits, dots, dashes and underscores
	Priority queue.Priority // the highest of its requests
	Admin    bool           // may change the queue: reset, settings, cancel
	SeeAll   bool           // sees the names of all users, as an admin's does, and not only its own
	Weight   float64        // how many turns it gets for each turn of a token of weight 1; zero means 1
	Created  time.Time

	hash hash
}

// CheckWeight returns an error if a weight cannot be a token's.
func CheckWeight(weight float64) error {
	if !(weight >= queue.MinWeight && weight <= queue.MaxWeight) { // nor is it NaN
		return fmt.Errorf("%w: must be a number from %g to %d", ErrWeight, queue.MinWeight, queue.MaxWeight)
	}
	return nil
}

// hash is the stored hash of a secret. SHA-256 is right here, unlike for passwords:
// a secret has 256 random bits, which nobody can guess, and it is looked up with
// every request.
type hash [sha256.Size]byte

// newSecret returns a new secret and its hash.
func newSecret() (string, hash) {
	var b [secretBytes]byte
	_, _ = rand.Read(b[:]) // it never fails: see its documentation
	secret := secretPrefix + hex.EncodeToString(b[:])
	return secret, sha256.Sum256([]byte(secret))
}

// holdsSecret reports whether a gateway token, or half of one, is anywhere in s.
// Nothing else has the prefix and so many digits.
func holdsSecret(s string) bool {
	for {
		_, rest, found := strings.Cut(s, secretPrefix)
		if !found {
			return false
		}
		if len(rest) >= secretBytes {
			if _, err := hex.DecodeString(rest[:secretBytes]); err == nil {
				return true
			}
		}
		s = rest
	}
}

// CheckName returns an error if a name cannot be a token's.
func CheckName(name string) error {
	if name == "" || len(name) > maxName || !isPlain(name) {
		return fmt.Errorf("%w: must be 1 to %d letters, digits, dots, dashes or underscores", ErrName, maxName)
	}
	return nil
}

// isPlain reports whether s has only letters, digits, dots, dashes and underscores,
// and so can be written anywhere.
func isPlain(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-'
	})
}

// tokenList is the content of a token file.
type tokenList struct {
	exists   bool // the file exists: a token was made once
	hadAdmin bool // an admin token was made once
	tokens   []Token
}

// find returns the token with a secret, or nil. Its time reveals only how many
// tokens there are, and whether secret has the right length.
func (l *tokenList) find(secret string) *Token {
	if len(secret) != secretLength {
		return nil
	}
	sum, at := sha256.Sum256([]byte(secret)), -1
	for i := range l.tokens {
		same := subtle.ConstantTimeCompare(sum[:], l.tokens[i].hash[:])
		at = subtle.ConstantTimeSelect(same, i, at)
	}
	if at < 0 {
		return nil
	}
	return &l.tokens[at]
}
