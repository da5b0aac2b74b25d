package sse

import "bytes"

// Append appends an event to b as it is written in a stream, and returns the
// result. Data of several lines is written as several. Type and ID are left out
// where they are empty, and cut at the end of their first line; Truncated does not count.
func Append(b []byte, e Event) []byte {
	if len(e.ID) > 0 {
		b = appendField(b, "id", firstLine(e.ID))
	}
	if len(e.Type) > 0 {
		b = appendField(b, "event", firstLine(e.Type))
	}
	for rest, more := e.Data, true; more; {
		var line []byte
		line, rest, more = cutLine(rest)
		b = appendField(b, "data", line)
	}
	return append(b, '\n')
}

// AppendComment appends comments to b, one a line, and an empty line. Readers
// pass them over.
func AppendComment(b []byte, comments ...string) []byte {
	for _, c := range comments {
		b = appendField(b, "", firstLine([]byte(c)))
	}
	return append(b, '\n')
}

func appendField(b []byte, name string, value []byte) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	b = append(b, value...)
	return append(b, '\n')
}

// cutLine cuts b behind its first line. It reports false if there is no other.
func cutLine(b []byte) (line, rest []byte, more bool) {
	at := bytes.IndexAny(b, "\r\n")
	if at < 0 {
		return b, nil, false
	}
	if rest = b[at+1:]; b[at] == '\r' {
		rest = bytes.TrimPrefix(rest, []byte{'\n'})
	}
	return b[:at], rest, true
}

func firstLine(b []byte) []byte {
	line, _, _ := cutLine(b)
	return line
}
