package gateway

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

// picture is a string of n bytes that begins as a file does.
func picture(start string, n int) string { return start + strings.Repeat("A", n-len(start)) }

func TestFilesAreDistinguishedFromText(t *testing.T) {
	encoded := func(start string, n int) string {
		return base64.StdEncoding.EncodeToString(append([]byte(start), bytes.Repeat([]byte{0xa5, 7, 0x3c}, n/3)...))
	}
	for name, c := range map[string]struct {
		text          string
		images, pages int
		bytes         int
	}{
		"PNG":                       {encoded("\x89PNG\r\n\x1a\n", 9000), 1, 0, -1},
		"JPEG":                      {encoded("\xff\xd8\xff\xe0", 9000), 1, 0, -1},
		"JPEG, slashes escaped":     {strings.ReplaceAll(encoded("\xff\xd8\xff\xe0", 9000), "/", `\/`), 1, 0, -1},
		"GIF":                       {encoded("GIF89a", 9000), 1, 0, -1},
		"WebP":                      {encoded("RIFF\x00\x00\x01\x00WEBP", 9000), 1, 0, -1},
		"PDF of about a page":       {encoded("%PDF-1.7", 9000), 0, 1, -1},
		"PDF of about five":         {picture("JVBERi0", 4*pageBytes+1), 0, 5, -1},
		"as short as a file may be": {picture("/9j/", minFile), 1, 0, minFile},
		"too short":                 {picture("/9j/", minFile-1), 0, 0, 0},
		"text":                      {strings.Repeat("What does a proxy do? ", 10_000), 0, 0, 0},
		"text without spaces":       {strings.Repeat("什么是代理？", 10_000), 0, 0, 0},
		"letters":                   {strings.Repeat("A", 1<<20), 0, 0, 0},
		"text that begins as one":   {"/9j/" + strings.Repeat("words and ", 10_000), 0, 0, 0},
		"space at once":             {picture("/9j/ ", minFile), 0, 0, 0},
		"space at the end":          {picture("iVBORw0K", minFile) + " ", 0, 0, 0},
		"name of one in a text":     {"image: " + picture("iVBORw0K", minFile), 0, 0, 0},
		"empty":                     {"", 0, 0, 0},
	} {
		if c.bytes < 0 {
			c.bytes = len(c.text)
		}
		body := []byte(`{"messages":[{"content":[{"source":{"data":"` + c.text + `"}}]}],"x":"y"}`)
		for _, size := range []int{0, 1, 3, 5, 4096, 16 << 10} {
			var p requestFields
			for rest := body; len(rest) > 0; {
				n := len(rest)
				if size > 0 {
					n = min(size, n)
				}
				p.write(rest[:n])
				rest = rest[n:]
			}
			if p.files.images != c.images || p.files.pages != c.pages || p.files.bytes != c.bytes {
				t.Errorf("%s in pieces of %d: got %d images, %d pages, %d bytes, want %d, %d, %d",
					name, size, p.files.images, p.files.pages, p.files.bytes, c.images, c.pages, c.bytes)
			}
		}
	}
}

func TestEachFileIsCounted(t *testing.T) {
	one := `"` + picture("iVBORw0K", 10_000) + `"`
	body := `{"a":[` + one + `,"short",` + one + `,{"` + picture("/9j/", 5000) + `":` + one + `}],"b":"iVBORw0K"}`
	if got, want := scanAt([]byte(body), 0), (seen{files: 4, fileBytes: 35_000}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
