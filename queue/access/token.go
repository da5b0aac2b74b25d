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

// A secret is the prefix, by which it is found in a log or a repository where it
// should not be, and 256 random bits in hex.
const (
	secretPrefix = "pl_"
	secretBytes  = 32
	secretLength = len(secretPrefix) + 2*secretBytes
)

const (
	maxName   = 64   // bytes of a token's name
	maxTokens = 1000 // in a file; each request is compared with all of them
)

// Token is what is known of a gateway token. The secret itself is not: it is
// told once, when the token is made.
type Token struct {
	Name     string         // 1 to 64 letters, digits, dots, dashes and underscores
	Priority queue.Priority // the highest that its requests may have
	Admin    bool           // may change the queue: reset, settings, cancel
	Created  time.Time

	hash hash
}

// hash is what is kept of a secret. Plain SHA-256 is right here, and a slow hash
// for passwords would not be: a secret has 256 random bits, which nobody can try
// out, and it is looked up at every request.
type hash [sha256.Size]byte

// newSecret returns a new secret and its hash.
func newSecret() (string, hash) {
	var b [secretBytes]byte
	_, _ = rand.Read(b[:]) // it never fails: see its documentation
	secret := secretPrefix + hex.EncodeToString(b[:])
	return secret, sha256.Sum256([]byte(secret))
}

// holdsSecret reports whether a token of ours, or half of one, stands somewhere
// in s. Nothing else has a prefix and so many digits.
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

// CheckName refuses a name that cannot be a token's, and says what can.
func CheckName(name string) error {
	if name == "" || len(name) > maxName || !plain(name) {
		return fmt.Errorf("%w: must be 1 to %d letters, digits, dots, dashes or underscores", ErrName, maxName)
	}
	return nil
}

// plain reports whether s has nothing but letters, digits, dots, dashes and
// underscores, and so can stand anywhere.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-'
	})
}

// tokenList is what a file of tokens holds.
type tokenList struct {
	made   bool // the file is there: a token was made once
	admins bool // an admin's token was made once
	tokens []Token
}

// find returns the token with the given secret, or nil. The time it takes tells
// nothing but how many tokens there are, and whether s has a secret's length.
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
