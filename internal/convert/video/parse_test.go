package video

import (
	"testing"

	"morag/internal/convert/ffmpeg"
)

func parseFacts(out string) (facts, error) {
	probed, err := ffmpeg.ParseProbe([]byte(out))
	if err != nil {
		return facts{}, err
	}
	return factsOf(probed)
}

func TestFacts(t *testing.T) {
	t.Parallel()
	f, err := parseFacts(`{"streams": [
		{"index": 0, "codec_type": "video", "codec_name": "mjpeg", "width": 9, "height": 9, "disposition": {"attached_pic": 1}},
		{"index": 1, "codec_type": "video", "codec_name": "h264", "width": 1920, "height": 1080, "avg_frame_rate": "30000/1001", "side_data_list": [{"rotation": -90}]},
		{"index": 2, "codec_type": "subtitle", "codec_name": "hdmv_pgs_subtitle"},
		{"index": 3, "codec_type": "subtitle", "codec_name": "subrip", "disposition": {"forced": 1}}],
		"format": {"duration": "N/A", "probe_score": 100, "tags": {"TITLE": "A\nB"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	meta := f.metadata()
	if meta["width"] != 1080 || meta["height"] != 1920 || meta["frame_rate"] != 29.97 || meta["title"] != "A B" || meta["duration"] != nil {
		t.Errorf("metadata %v", meta)
	}
	if len(f.Subtitles()) > 0 {
		t.Errorf("subtitles %+v", f.Subtitles())
	}
}

func FuzzProgress(f *testing.F) {
	f.Add("frame:3    pts:5000    pts_time:5")
	f.Add("out_time_us=1000000\n[mov @ 0x1] Error\n")
	f.Add("frame:pts_time:1e999")
	f.Fuzz(func(t *testing.T, text string) {
		if at, ok := parseScene(text); ok && !(at >= 0 && at <= 1e9) {
			t.Errorf("%q is at %v", text, at)
		}
		parseProgress(text)
	})
}
