package gateway

import (
	"net/http"
	"strconv"
	"strings"
)

// askedCoding returns the Accept-Encoding for the upstream: of what a client accepts (RFC 9110,
// 12.5.3) only what the gateway reads beside, which are gzip and no coding at all. A client
// that accepts neither, or says nothing, gets the answer without a coding.
func askedCoding(h http.Header) string {
	const unnamed = -1
	gzip, identity, other := float64(unnamed), float64(unnamed), float64(unnamed)
	for _, line := range h["Accept-Encoding"] {
		for item := range strings.SplitSeq(line, ",") {
			coding, parameters, _ := strings.Cut(item, ";")
			switch q := quality(parameters); strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip":
				gzip = max(gzip, q)
			case "identity":
				identity = max(identity, q)
			case "*":
				other = max(other, q)
			}
		}
	}
	if gzip == unnamed {
		gzip = other
	}
	if gzip > 0 && gzip >= identity {
		return "gzip"
	}
	return "identity"
}

// quality reads the weight of a coding; 1 if it has none, and 0 if it is not one.
func quality(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return 0
		}
		return q
	}
	return 1
}
