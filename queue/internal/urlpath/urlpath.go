// Package urlpath reads the path of a request in one way, for all who decide by it: who
// may come in, which handler answers, and what is sent upstream. Two readings of one path
// are a way round whatever only one of them has checked.
package urlpath

import (
	"net/url"
	"strings"
)

// Clean returns the path of a URL as it counts, still escaped. Routes are compared with it
// byte by byte.
//
//   - Empty parts are dropped: //v1/messages is /v1/messages, as clients write it whose
//     base URL ends in a slash. So is a last slash below /v1. Elsewhere it stays: an ID that
//     is empty would make of one that is meant all of them.
//   - What stands before the first /v1 is dropped, and a second one after it: it is the path
//     of a client's base URL, such as /anthropic/v1 or /v1. The paths below /api are ours,
//     and stay.
//   - Escapes of letters, digits and -._~ are undone, which mean the same (RFC 3986, 6.2.2.2),
//     but in a part that would be . or .. then. No other escape is: an escaped slash
//     separates nothing.
//
// Parts . and .. lead nowhere: they stay, so that no route matches. See [HasDots].
func Clean(u *url.URL) string {
	escaped := u.EscapedPath()
	if strings.HasPrefix(escaped, "/") && !strings.Contains(escaped, "//") && !strings.HasSuffix(escaped, "/") &&
		!strings.Contains(escaped, "%") && (strings.HasPrefix(escaped, "/api/") || strings.LastIndex(escaped, "/v1") <= 0) {
		return escaped
	}
	var parts []string
	for part := range strings.SplitSeq(escaped, "/") {
		if part != "" {
			parts = append(parts, normal(part))
		}
	}
	parts = withoutBase(parts)
	path := "/" + strings.Join(parts, "/")
	if len(parts) > 0 && parts[0] != "v1" && strings.HasSuffix(escaped, "/") {
		path += "/"
	}
	return path
}

// withoutBase drops the path of a client's base URL.
func withoutBase(parts []string) []string {
	if len(parts) == 0 || parts[0] == "api" {
		return parts
	}
	for i, part := range parts {
		if part != "v1" {
			continue
		}
		for i+1 < len(parts) && parts[i+1] == "v1" {
			i++
		}
		return parts[i:]
	}
	return parts
}

// normal undoes the escapes of a part that mean the same without.
func normal(part string) string {
	if !strings.Contains(part, "%") {
		return part
	}
	var b strings.Builder
	for i := 0; i < len(part); i++ {
		if part[i] != '%' || i+2 >= len(part) {
			b.WriteByte(part[i])
			continue
		}
		if c := unhex(part[i+1])<<4 | unhex(part[i+2]); unreserved(c) {
			b.WriteByte(c)
		} else {
			b.WriteString(strings.ToUpper(part[i : i+3]))
		}
		i += 2
	}
	if text := b.String(); text != "." && text != ".." {
		return text
	}
	return part
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	default:
		return c - '0'
	}
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// Under reports whether a clean path is a folder or in it.
func Under(path, folder string) bool {
	rest, ok := strings.CutPrefix(path, folder)
	return ok && (rest == "" || rest[0] == '/')
}

// HasDots reports whether a part of a path, with escaped or backward slashes too, is . or
// .., which lead elsewhere for whoever resolves them.
func HasDots(path string) bool {
	plain, err := url.PathUnescape(path)
	if err != nil {
		return true
	}
	for part := range strings.FieldsFuncSeq(plain, func(c rune) bool { return c == '/' || c == '\\' }) {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}
