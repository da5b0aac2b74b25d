// Package apierror writes errors in the shape of the Claude API ("Errors",
// platform.claude.com), which its SDKs turn into the exceptions that clients know.
package apierror

import "encoding/json"

// JSON returns an error of a kind, such as rate_limit_error, without a line end.
func JSON(kind, message, requestID string) []byte {
	type detail struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	}
	body, err := json.Marshal(struct {
		Type      string `json:"type"`
		Error     detail `json:"error"`
		RequestID string `json:"request_id"`
	}{"error", detail{kind, message}, requestID})
	if err != nil { // strings alone can always be encoded
		panic("apierror: " + err.Error())
	}
	return body
}
