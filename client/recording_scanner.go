package client

// objectScanner reads JSON byte by byte, as far as is needed to find the end of an
// object, or an error in its structure.
type objectScanner struct {
	depth          int
	inString       bool
	afterBackslash bool // in a string
	last           byte // the last byte that is neither white space nor in a string
}

// scanResult is the state of the object after a byte.
type scanResult uint8

const (
	scanContinue scanResult = iota
	scanEnd
	scanInvalid
)

// step takes the next byte.
func (s *objectScanner) step(c byte) scanResult {
	switch {
	case s.afterBackslash:
		s.afterBackslash = false
	case s.inString && c == '\\':
		s.afterBackslash = true
	case s.inString && c == '"':
		s.inString = false
	case s.inString || c == ' ' || c == '\t' || c == '\r' || c == '\n':
	case !s.follows(c):
		return scanInvalid
	default:
		s.last = c
		return s.structure(c)
	}
	return scanContinue
}

// follows reports whether c can follow the last byte.
func (s *objectScanner) follows(c byte) bool {
	value := s.last == ':' || s.last == ',' || s.last == '['
	switch {
	case c == '{' || c == '[':
		return value
	case c == '"':
		return value || s.last == '{'
	case s.last == '{':
		return c == '}'
	default:
		return true
	}
}

// structure takes a byte that is not in a string.
func (s *objectScanner) structure(c byte) scanResult {
	switch c {
	case '"':
		s.inString = true
	case '{', '[':
		s.depth++
	case '}', ']':
		if s.depth--; s.depth == 0 {
			return scanEnd
		}
	}
	return scanContinue
}
