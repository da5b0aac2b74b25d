package client

import (
	"bytes"
	"encoding/json"
)

// The functions below find their way through JSON without decoding it. It must be valid.

// eachField calls f with each field of an object, its value, and where that begins: the
// object begins at base. It returns false for a value of another type.
func eachField(object []byte, base int, f func(key string, value []byte, at int)) bool {
	return eachItem(object, '{', func(at int) (end int) {
		end = valueEnd(object, at)
		var key string
		_ = json.Unmarshal(object[at:end], &key) // it is a string
		at = skip(object, end, " \t\r\n:")
		end = valueEnd(object, at)
		f(key, object[at:end], base+at)
		return end
	})
}

// rowsOf returns the values of a list; false for a value of another type.
func rowsOf(list []byte) (rows []json.RawMessage, ok bool) {
	ok = eachItem(list, '[', func(at int) (end int) {
		end = valueEnd(list, at)
		rows = append(rows, list[at:end:end])
		return end
	})
	return rows, ok
}

// eachItem calls f with where each item of an object or a list begins; f returns its end.
func eachItem(value []byte, opening byte, f func(at int) (end int)) bool {
	at := skip(value, 0, " \t\r\n")
	if at == len(value) || value[at] != opening {
		return false
	}
	for {
		at = skip(value, at+1, " \t\r\n")
		if value[at] == ']' || value[at] == '}' {
			return true
		}
		at = skip(value, f(at), " \t\r\n")
		if value[at] != ',' {
			return true
		}
	}
}

// skip returns where the first byte after at is that is none of some.
func skip(b []byte, at int, some string) int {
	for at < len(b) && bytes.IndexByte([]byte(some), b[at]) >= 0 {
		at++
	}
	return at
}

// valueEnd returns where the value ends that begins at a place.
func valueEnd(b []byte, at int) int {
	depth := 0
	for ; at < len(b); at++ {
		switch b[at] {
		case '"':
			for at++; b[at] != '"'; at++ {
				if b[at] == '\\' {
					at++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth > 0 || at+1 < len(b) && bytes.IndexByte([]byte(",:]} \t\r\n"), b[at+1]) < 0 {
				continue
			}
		}
		if depth == 0 {
			return at + 1
		}
	}
	return at
}
