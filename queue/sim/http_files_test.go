package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// upload sends a file as the SDKs do; header is in pairs.
func upload(t *testing.T, h *Handler, name, mediaType, content, life string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if life != "" {
		_ = form.WriteField("expires_in_seconds", life)
	}
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, name)}, "Content-Type": {mediaType},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(content))
	_ = form.Close()
	return do(t, h, "POST", "/v1/files", body.String(), append([]string{"Content-Type", form.FormDataContentType()}, header...)...)
}

// uploaded returns an uploaded file as an answer shows it.
func uploaded(t *testing.T, w *httptest.ResponseRecorder) fileInfo {
	t.Helper()
	var f fileInfo
	if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || w.Code != 200 || f.Type != "file" {
		t.Fatalf("got %d %s, want a file", w.Code, w.Body)
	}
	return f
}

// A file from its upload to its end reads as a transcript.
func TestFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := accountHandler(t, tier1(t))
		f := uploaded(t, upload(t, h, "../notes/a.txt", "text/plain; charset=utf-8", "Hello", "3600", "x-sim-downloadable", "true"))
		if f.Filename != "a.txt" || f.MimeType != "text/plain" || f.SizeBytes != 5 || !f.Downloadable || *f.ExpiresAt != *timestamp(time.Now().Add(time.Hour)) {
			t.Errorf("uploaded: got %+v", f)
		}
		path := "/v1/files/" + f.ID
		if got := uploaded(t, do(t, h, "GET", path, "")); got.ID != f.ID || got.CreatedAt != f.CreatedAt {
			t.Errorf("metadata: got %+v, want %+v", got, f)
		}
		if w := do(t, h, "GET", path+"/content", ""); w.Code != 200 || w.Body.String() != "Hello" || w.Header().Get("Content-Type") != "text/plain" {
			t.Errorf("content: got %d %v %s", w.Code, w.Header(), w.Body)
		}
		names := strings.Replace(hello, `"Hello"`, fmt.Sprintf(`[{"type":"tool_result","tool_use_id":"x","content":[{"type":"image","source":{"type":"file","file_id":%q}}]}]`, f.ID), 1)
		if w := do(t, h, "POST", "/v1/messages", names); w.Code != 200 {
			t.Errorf("a message that names it: got %d %s", w.Code, w.Body)
		}
		for _, key := range []string{"sk-sim-other-1", "sk-sim-acme-lab-1"} { // another organization, and a workspace of the same
			for _, c := range [][3]string{{"GET", path, ""}, {"DELETE", path, ""}, {"GET", path + "/content", ""}, {"POST", "/v1/messages", names}} {
				if w := do(t, h, c[0], c[1], c[2], "x-api-key", key); w.Code != 404 || !strings.Contains(w.Body.String(), "File not found: "+f.ID) {
					t.Errorf("%s %s by %s: got %d %s, want 404", c[0], c[1], key, w.Code, w.Body)
				}
			}
		}
		time.Sleep(time.Hour)
		for _, c := range [][3]string{{"GET", path + "/content", ""}, {"POST", "/v1/messages", names}} {
			if w := do(t, h, c[0], c[1], c[2]); w.Code != 404 || !strings.Contains(w.Body.String(), `"error_code":"file_expired"`) {
				t.Errorf("%s %s after its life: got %d %s, want 404", c[0], c[1], w.Code, w.Body)
			}
		}
		if w := do(t, h, "DELETE", path, ""); w.Code != 200 || w.Body.String() != `{"id":"`+f.ID+`","type":"file_deleted"}` {
			t.Errorf("deleted: got %d %s", w.Code, w.Body)
		}
		if w := do(t, h, "GET", path, ""); w.Code != 404 {
			t.Errorf("after it was deleted: got %d %s, want 404", w.Code, w.Body)
		}
		if h.files.reserved != 0 {
			t.Errorf("%d bytes are still reserved", h.files.reserved)
		}
	})
}

// What clients upload is for messages alone.
func TestUploadsCannotBeDownloaded(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	f := uploaded(t, upload(t, h, "", "image/png", "x", ""))
	if f.Filename != "unnamed.png" || f.Downloadable || f.ExpiresAt != nil {
		t.Errorf("got %+v", f)
	}
	if w := do(t, h, "GET", "/v1/files/"+f.ID+"/content", ""); w.Code != 400 || !strings.Contains(w.Body.String(), `"error_code":"file_not_downloadable"`) {
		t.Errorf("got %d %s, want 400", w.Code, w.Body)
	}
}

// Lists go by page, in both ways, or show what is asked for.
func TestFilesAreListed(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	var all []string
	for range 5 {
		all = append([]string{uploaded(t, upload(t, h, "a", "text/plain", "x", "")).ID}, all...)
	}
	for _, c := range []struct {
		query string
		want  []string
		next  string
	}{
		{"", all, ""},
		{"?limit=2", all[:2], "page_" + all[1]},
		{"?limit=2&page=page_" + all[1], all[2:4], "page_" + all[3]},
		{"?limit=2&page=page_" + all[3], all[4:], ""},
		{"?limit=2&after_id=" + all[1], all[2:4], "page_" + all[3]},
		{"?ids[]=" + all[3] + "&ids[]=" + all[1] + "&ids[]=file_x", []string{all[1], all[3]}, ""},
	} {
		var p filePage
		w := do(t, h, "GET", "/v1/files"+c.query, "")
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 200 {
			t.Errorf("%q: got %d %s", c.query, w.Code, w.Body)
			continue
		}
		var got []string
		for _, f := range p.Data {
			got = append(got, f.ID)
		}
		next := ""
		if p.NextPage != nil {
			next = *p.NextPage
		}
		if !slices.Equal(got, c.want) || next != c.next || p.HasMore != (c.next != "") {
			t.Errorf("%q: got %q and then %q, want %q, %q", c.query, got, next, c.want, c.next)
		}
	}
	for _, query := range []string{"?page=x", "?page=page_x", "?limit=0", "?ids[]=a&limit=5", "?" + strings.Repeat("ids[]=a&", 101)} {
		if w := do(t, h, "GET", "/v1/files"+query, ""); w.Code != 400 {
			t.Errorf("%.20q: got %d %s, want 400", query, w.Code, w.Body)
		}
	}
}

// An upload that is refused leaves nothing behind.
func TestUploadsThatAreRefused(t *testing.T) {
	h := NewHandler(newAPI(t, 1, fast()))
	const form = "multipart/form-data; boundary=b"
	const head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nHello"
	send := func(body string, header ...string) *httptest.ResponseRecorder {
		return do(t, h, "POST", "/v1/files", body, append([]string{"Content-Type", form}, header...)...)
	}
	for _, c := range []struct {
		name, message string
		status        int
		w             *httptest.ResponseRecorder
	}{
		{"JSON", "The request body is not multipart/form-data", 400, send("{}", "Content-Type", "application/json")},
		{"no file", "file: Field required", 400, send("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nHello\r\n--b--\r\n")},
		{"cut", "The request body is not a whole form", 400, send(head)},
		{"short life", "expires_in_seconds: Input should be from 3600 to 7776000", 400, upload(t, h, "a", "text/plain", "x", "3599")},
		{"long life", "expires_in_seconds: Input should be from 3600 to 7776000", 400, upload(t, h, "a", "text/plain", "x", "7776001")},
		{"no life", "expires_in_seconds: Input should be from 3600 to 7776000", 400, upload(t, h, "a", "text/plain", "x", "soon")},
		{"the outcome that was asked for", "Overloaded (simulated)", 529, upload(t, h, "a", "text/plain", "x", "", "x-sim-error", "529")},
	} {
		if _, message := refusal(t, c.w.Result(), c.w.Body.Bytes()); c.w.Code != c.status || message != c.message {
			t.Errorf("%s: got %d %s, want %d %s", c.name, c.w.Code, message, c.status, c.message)
		}
	}
	full := maxFilesBytes - 3
	h.files.reserve(full)
	if w := upload(t, h, "a", "text/plain", "Hello", ""); w.Code != 400 || !strings.Contains(w.Body.String(), `"error_code":"storage_quota_exceeded"`) {
		t.Errorf("without room: got %d %s", w.Code, w.Body)
	}
	if h.files.reserved != full || len(h.files.all) != 0 {
		t.Errorf("%d bytes and %d files are kept, want %d and none", h.files.reserved, len(h.files.all), full)
	}
}

// However many files there are, what is kept is bounded.
func TestFilesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHandler(newAPI(t, 1, fast()))
		for i := range maxFiles {
			if p := h.files.add(&file{id: fmt.Sprint(i), created: time.Now(), life: time.Duration(i%2) * time.Hour}, time.Now()); p != nil {
				t.Fatal(p.message)
			}
		}
		if w := upload(t, h, "a", "text/plain", "x", ""); w.Code != 400 || h.files.reserved != 0 {
			t.Errorf("one too many: got %d %s with %d bytes kept, want 400", w.Code, w.Body, h.files.reserved)
		}
		time.Sleep(time.Hour)
		if w := upload(t, h, "a", "text/plain", "x", ""); w.Code != 200 || len(h.files.all) != maxFiles/2+1 {
			t.Errorf("after half have expired: got %d %s with %d files, want those gone", w.Code, w.Body, len(h.files.all))
		}
	})
}
