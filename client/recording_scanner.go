package client

// objectScanner follows JSON as far as is needed to see where an object ends, or that it
// is none.
type objectScanner struct {
	depth          int
	inString       bool // inside a string
	afterBackslash bool // after a backslash
	last           byte // outside of strings, but for white space
}

type scanResult uint8

const (
	scanContinue scanResult = iota
	scanEnd
	scanInvalid
)

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

// follows reports whether c can stand after the last.
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
