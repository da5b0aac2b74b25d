package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"paceline/queue"
)

// laneList is the answer of GET /api/queue/lanes.
type laneList struct {
	Lanes      []queue.Lane      `json:"lanes"`
	OtherLanes *queue.OtherLanes `json:"otherLanes"`
}

// lanes answers GET /api/queue/lanes.
func (s *Server) lanes(http.ResponseWriter, *http.Request) (any, *problem) {
	d := s.queue.Report().Detail
	return laneList{d.Lanes, d.OtherLanes}, nil
}

// resume answers POST /api/queue/lanes: it ends the pause of one lane, or its breaker's wait
// for the next try. The body names the lane, because names have slashes.
func (s *Server) resume(w http.ResponseWriter, r *http.Request) (any, *problem) {
	const expected = `send {"lane":"NAME","resume":true} with the name of a lane that is paused or has a breaker, as GET /api/queue/lanes lists it`
	body, p := readBody(w, r, expected)
	if p != nil {
		return nil, p
	}
	lane, err := parseResume(body)
	if err != nil {
		return nil, badRequest(err.Error() + ": " + expected)
	}
	if !s.queue.Resume(lane, s.caller(r)) {
		return nil, &problem{http.StatusConflict, "Not paused",
			fmt.Sprintf("no lane %.128q is paused or waits to try: GET /api/queue/lanes lists the lanes, with pausedUntil and breaker where one does", lane)}
	}
	return newDoneAnswer("Pause has ended"), nil
}

// parseResume returns the name of the lane to resume.
func parseResume(body []byte) (lane string, err error) {
	var asked struct {
		Lane   string `json:"lane"`
		Resume bool   `json:"resume"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if d.Decode(&asked) != nil {
		return "", errors.New("the body is not as wanted")
	}
	switch _, err := d.Token(); {
	case !errors.Is(err, io.EOF):
		return "", errors.New("the body goes on after the JSON object")
	case asked.Lane == "":
		return "", errors.New("the body names no lane")
	case !asked.Resume:
		return "", errors.New("the body does not say what to do with the lane")
	}
	return asked.Lane, nil
}
