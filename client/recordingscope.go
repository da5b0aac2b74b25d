package client

// scope follows JSON as far as is needed to see where an object ends, or that it
// is none.
type scope struct {
	depth  int
	text   bool // inside a string
	escape bool // after a backslash
	last   byte // outside of strings, but for white space
}

type step uint8

const (
	goesOn step = iota
	ended
	broken
)

func (s *scope) step(c byte) step {
	switch {
	case s.escape:
		s.escape = false
	case s.text && c == '\\':
		s.escape = true
	case s.text && c == '"':
		s.text = false
	case s.text || c == ' ' || c == '\t' || c == '\r' || c == '\n':
	case !s.follows(c):
		return broken
	default:
		s.last = c
		return s.structure(c)
	}
	return goesOn
}

// follows reports whether c can stand after the last.
func (s *scope) follows(c byte) bool {
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

func (s *scope) structure(c byte) step {
	switch c {
	case '"':
		s.text = true
	case '{', '[':
		s.depth++
	case '}', ']':
		if s.depth--; s.depth == 0 {
			return ended
		}
	}
	return goesOn
}
