package sim

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const filesPath = "/v1/files"

// The limits of files ("Files API", platform.claude.com, November 2026).
const (
	maxFile        = 500 << 20 // bytes
	maxFileName    = 255       // bytes
	minFileLife    = time.Hour
	maxFileLife    = 90 * 24 * time.Hour
	maxFileIDsList = 100 // IDs that a list is asked for
)

// What all organizations together can keep: the API lets each have 1 TB.
const (
	maxFiles      = 10_000
	maxFilesBytes = 256 << 20
)

// file is an uploaded file.
type file struct {
	id, name, mediaType string
	scope               scope
	created             time.Time
	life                time.Duration // zero: it does not expire
	downloadable        bool
	content             []byte
}

func (f *file) expired(now time.Time) bool { return f.life > 0 && !now.Before(f.created.Add(f.life)) }

// fileInfo is a file in the API's JSON.
type fileInfo struct {
	ID           string  `json:"id"`
	Type         string  `json:"type"`
	Filename     string  `json:"filename"`
	MimeType     string  `json:"mime_type"`
	SizeBytes    int     `json:"size_bytes"`
	CreatedAt    string  `json:"created_at"`
	Downloadable bool    `json:"downloadable"`
	ExpiresAt    *string `json:"expires_at"`
}

func (f *file) info() fileInfo {
	i := fileInfo{
		ID: f.id, Type: "file", Filename: f.name, MimeType: f.mediaType, SizeBytes: len(f.content),
		CreatedAt: *timestamp(f.created), Downloadable: f.downloadable,
	}
	if f.life > 0 {
		i.ExpiresAt = timestamp(f.created.Add(f.life))
	}
	return i
}

// files are the files of all organizations. They never change.
type files struct {
	mu       sync.Mutex
	all      []*file // the newest first; guarded by mu
	reserved int     // bytes, also of files that still arrive; guarded by mu
}

// reserve takes room for some bytes, and reports whether there was any.
func (s *files) reserve(bytes int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reserved+bytes > maxFilesBytes {
		return false
	}
	s.reserved += bytes
	return true
}

// release gives room back.
func (s *files) release(bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reserved -= bytes
}

// visible returns those of a scope, the newest first.
func (s *files) visible(to scope) []*file {
	s.mu.Lock()
	defer s.mu.Unlock()
	var own []*file
	for _, f := range s.all {
		if f.scope == to {
			own = append(own, f)
		}
	}
	return own
}

// find returns the file of an ID, if there is one in the scope.
func (s *files) find(of scope, id string) (*file, *problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.all, func(f *file) bool { return f.id == id && f.scope == of })
	if at < 0 {
		return nil, notFound("File not found: " + cut(id))
	}
	return s.all[at], nil
}

// add keeps a file for whose bytes there is room. Those that have expired make place.
func (s *files) add(f *file, now time.Time) *problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) >= maxFiles {
		s.all = slices.DeleteFunc(s.all, func(old *file) bool {
			if old.expired(now) {
				s.reserved -= len(old.content)
			}
			return old.expired(now)
		})
	}
	if len(s.all) >= maxFiles {
		return storageFull()
	}
	s.all = slices.Insert(s.all, 0, f)
	return nil
}

// remove forgets a file.
func (s *files) remove(f *file) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := slices.Index(s.all, f); at >= 0 {
		s.all = slices.Delete(s.all, at, at+1)
		s.reserved -= len(f.content)
	}
}

func storageFull() *problem {
	return &problem{status: http.StatusBadRequest, kind: "invalid_request_error", code: "storage_quota_exceeded",
		message: fmt.Sprintf("The files would need more storage than there is: %d MB (simulated)", maxFilesBytes>>20)}
}

// checkFiles returns what is wrong with the files that a message names.
func (h *Handler) checkFiles(c *call, r *messageRequest) *problem {
	now := h.settings.now()
	for _, id := range r.files {
		f, p := h.files.find(h.scope(c), id)
		if p != nil {
			return p
		}
		if f.expired(now) {
			return fileExpired(id)
		}
	}
	return nil
}

func fileExpired(id string) *problem {
	p := notFound("File has expired: " + cut(id))
	p.code = "file_expired"
	return p
}

// uploadFile answers POST /v1/files. The header x-sim-downloadable: true makes a file
// as the API's tools make one: what clients upload cannot be downloaded.
func (h *Handler) uploadFile(w http.ResponseWriter, r *http.Request, c *call) {
	f, p := h.readFile(w, r)
	kept := false
	defer func() { // also when the request is aborted
		if f != nil && !kept {
			h.files.release(len(f.content))
		}
	}()
	if !h.checkFaults(w, r, c) {
		return
	}
	if p == nil {
		rng := newRand(h.api.seed, "file", c.number)
		f.id, f.scope, f.created = fmt.Sprintf("file_%016x%08x", rng.Uint64(), rng.Uint32()), h.scope(c), h.settings.now()
		f.downloadable = r.Header.Get("x-sim-downloadable") == "true"
		p = h.files.add(f, f.created)
		kept = p == nil
	}
	if p != nil {
		c.fail(w, p)
		return
	}
	writeJSON(w, http.StatusOK, encode(f.info()))
}

// readFile reads the body of an upload. The room for the file's content is reserved.
func (h *Handler) readFile(w http.ResponseWriter, r *http.Request) (f *file, p *problem) {
	if r.ContentLength > maxFile+maxFormOverhead {
		return nil, tooLarge(r, maxFile)
	}
	endBody := limitBody(w, r, maxFile+maxFormOverhead)
	defer func() { _ = endBody() }()
	form, err := r.MultipartReader()
	if err != nil {
		return nil, invalid("The request body is not multipart/form-data")
	}
	f = &file{}
	found := false
	release := func() { h.files.release(len(f.content)) }
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF) && found:
			return f, nil
		case errors.Is(err, io.EOF):
			return nil, invalid("file: Field required")
		case err != nil:
			release()
			return nil, formProblem(err)
		}
		switch part.FormName() {
		case "file":
			release()
			found = true
			f.name, f.mediaType = fileName(part)
			f.content, p = h.readContent(part)
		case "expires_in_seconds":
			f.life, p = readLife(part)
		}
		if p != nil {
			release()
			return nil, p
		}
	}
}

// formProblem is the answer to a form that could not be read.
func formProblem(err error) *problem {
	if isTooLarge(err) {
		return requestTooLarge(maxFile)
	}
	return invalid("The request body is not a whole form")
}

// maxFormOverhead is the size of a form beside its file.
const maxFormOverhead = 1 << 20

// fileName returns the name and the media type of an uploaded file.
func fileName(part *multipart.Part) (name, mediaType string) {
	mediaType, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		mediaType = "application/octet-stream"
	}
	_, params, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	name = path.Base(strings.ReplaceAll(params["filename"], `\`, "/"))
	if name == "." || name == "/" {
		name = "unnamed"
		if known, err := mime.ExtensionsByType(mediaType); err == nil && len(known) > 0 {
			name += known[0]
		}
	}
	return strings.ToValidUTF8(name[:min(len(name), maxFileName)], ""), mediaType
}

// readContent reads a file as far as there is room, which it reserves.
func (h *Handler) readContent(from io.Reader) (content []byte, _ *problem) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !h.files.reserve(n) {
			h.files.release(len(content))
			return nil, storageFull()
		}
		content = append(content, buffer[:n]...)
		switch {
		case errors.Is(err, io.EOF):
			return content, nil
		case err != nil:
			h.files.release(len(content))
			return nil, formProblem(err)
		}
	}
}

// readLife reads how long a file lives.
func readLife(from io.Reader) (time.Duration, *problem) {
	text, err := io.ReadAll(io.LimitReader(from, 32))
	if err != nil {
		return 0, formProblem(err)
	}
	seconds, err := strconv.Atoi(string(text))
	life := time.Duration(seconds) * time.Second
	if err != nil || seconds > int(maxFileLife/time.Second) || life < minFileLife {
		return 0, invalid(fmt.Sprintf("expires_in_seconds: Input should be from %d to %d", int(minFileLife.Seconds()), int(maxFileLife.Seconds())))
	}
	return life, nil
}

// filePage is a list of files in the API's JSON: next_page is how it goes on, the rest is
// for SDKs of the time when files were a beta.
type filePage struct {
	page[fileInfo]
	NextPage *string `json:"next_page"`
}

const pagePrefix = "page_" // of next_page; the ID of the last file follows

// listFiles answers GET /v1/files?limit=&page=, or with ids.
func (h *Handler) listFiles(w http.ResponseWriter, r *http.Request, c *call) {
	if !h.checkFaults(w, r, c) {
		return
	}
	query, all := r.URL.Query(), h.files.visible(h.scope(c))
	ids := slices.Concat(query["ids[]"], query["ids"])
	cursor := query.Get("page")
	switch {
	case len(ids) > maxFileIDsList:
		c.fail(w, invalid(fmt.Sprintf("ids: List should have at most %d items", maxFileIDsList)))
		return
	case len(ids) > 0 && (cursor != "" || query.Has("limit")):
		c.fail(w, invalid("ids: cannot be given with page or limit"))
		return
	case len(ids) > 0:
		all = slices.DeleteFunc(all, func(f *file) bool { return !slices.Contains(ids, f.id) })
		query.Set("limit", strconv.Itoa(maxFileIDsList))
	case cursor != "":
		last, ok := strings.CutPrefix(cursor, pagePrefix)
		if !ok {
			c.fail(w, invalid("page: no such page"))
			return
		}
		query.Set("after_id", last)
	}
	list, p := pageOf(query, all, "file", func(f *file) string { return f.id }, (*file).info)
	if p != nil {
		c.fail(w, p)
		return
	}
	answer := filePage{page: list}
	if list.HasMore && list.LastID != nil {
		next := pagePrefix + *list.LastID
		answer.NextPage = &next
	}
	writeJSON(w, http.StatusOK, encode(answer))
}

// withFile answers a call about the file that its path names.
func (h *Handler) withFile(w http.ResponseWriter, r *http.Request, c *call, answer func(*file)) {
	if !h.checkFaults(w, r, c) {
		return
	}
	id, _ := objectID(r.URL.Path, filesPath)
	f, p := h.files.find(h.scope(c), id)
	if p != nil {
		c.fail(w, p)
		return
	}
	answer(f)
}

// getFile answers GET /v1/files/{id}.
func (h *Handler) getFile(w http.ResponseWriter, r *http.Request, c *call) {
	h.withFile(w, r, c, func(f *file) { writeJSON(w, http.StatusOK, encode(f.info())) })
}

// deleteFile answers DELETE /v1/files/{id}.
func (h *Handler) deleteFile(w http.ResponseWriter, r *http.Request, c *call) {
	h.withFile(w, r, c, func(f *file) {
		h.files.remove(f)
		writeJSON(w, http.StatusOK, encode(deleted{f.id, "file_deleted"}))
	})
}

// downloadFile answers GET /v1/files/{id}/content.
func (h *Handler) downloadFile(w http.ResponseWriter, r *http.Request, c *call) {
	h.withFile(w, r, c, func(f *file) {
		switch {
		case f.expired(h.settings.now()):
			c.fail(w, fileExpired(f.id))
		case !f.downloadable:
			p := invalid("File " + f.id + " is not downloadable: only files that tools have made are")
			p.code = "file_not_downloadable"
			c.fail(w, p)
		default:
			w.Header().Set("Content-Type", f.mediaType)
			w.Header().Set("Content-Length", strconv.Itoa(len(f.content)))
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write(f.content) // it fails when the client has left
		}
	})
}
