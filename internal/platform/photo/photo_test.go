package photo_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/ashar-kg/ashar/internal/platform/photo"
)

// Pictures of one pixel as WebP writes them.
const (
	lossyWebP    = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"
	losslessWebP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="
)

// corners paints a picture whose quarters are red, green, blue and yellow, from
// the upper left clockwise.
func corners(width, height int) *image.RGBA {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{220, 30, 30, 255}
			switch {
			case x >= width/2 && y < height/2:
				c = color.RGBA{30, 200, 30, 255}
			case x >= width/2:
				c = color.RGBA{30, 30, 220, 255}
			case y >= height/2:
				c = color.RGBA{220, 200, 30, 255}
			}
			picture.SetRGBA(x, y, c)
		}
	}
	return picture
}

func asJPEG(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asPNG(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// exif writes a metadata block with an orientation and the middle of Bishkek,
// 42°52'30" N, 74°36'36" E, or its mirror image by other references.
func exif(order binary.AppendByteOrder, orientation uint16, latRef, lonRef byte) []byte {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	entry := func(tag, kind uint16, count uint32, value []byte) {
		b = order.AppendUint16(b, tag)
		b = order.AppendUint16(b, kind)
		b = order.AppendUint32(b, count)
		b = append(b, append(value, 0, 0, 0, 0)[:4]...)
	}
	offset := func(v uint32) []byte { return order.AppendUint32(nil, v) }
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 3)
	entry(0x010f, 2, 4, []byte("Cam\x00"))
	entry(0x0112, 3, 1, order.AppendUint16(nil, orientation))
	entry(0x8825, 4, 1, offset(50))
	b = order.AppendUint32(b, 0)
	b = order.AppendUint16(b, 4)
	entry(1, 2, 2, []byte{latRef, 0})
	entry(2, 5, 3, offset(104))
	entry(3, 2, 2, []byte{lonRef, 0})
	entry(4, 5, 3, offset(128))
	b = order.AppendUint32(b, 0)
	for _, v := range []uint32{42, 1, 52, 1, 3000, 100, 74, 1, 366, 10, 0, 0} {
		b = order.AppendUint32(b, v)
	}
	return b
}

// withSegment puts an APP1 segment behind the first two bytes of a JPEG.
func withSegment(file, content []byte) []byte {
	out := append([]byte{}, file[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(content)+2))
	out = append(out, content...)
	return append(out, file[2:]...)
}

func withExif(file, block []byte) []byte {
	return withSegment(file, append([]byte("Exif\x00\x00"), block...))
}

// webpWithExif wraps a lossy WebP of one pixel into the extended form.
func webpWithExif(t testing.TB, block []byte) []byte {
	t.Helper()
	simple := fromBase64(t, lossyWebP)
	body := append([]byte("WEBPVP8X\x0a\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"), simple[12:]...)
	body = append(body, "EXIF"...)
	body = binary.LittleEndian.AppendUint32(body, uint32(len(block)))
	body = append(body, block...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// chunk writes a chunk of a PNG.
func chunk(name string, content []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	b = append(append(b, name...), content...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// pngHeader is the start of a PNG that claims a size.
func pngHeader(width, height uint32) []byte {
	size := binary.BigEndian.AppendUint32(nil, width)
	size = binary.BigEndian.AppendUint32(size, height)
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(size, 8, 2, 0, 0, 0))...)
}

// pngWithExif puts an eXIf chunk behind the header of a PNG.
func pngWithExif(file, block []byte) []byte {
	const header = 8 + 25
	return slices.Concat(file[:header], chunk("eXIf", block), file[header:])
}

func fromBase64(t testing.TB, text string) []byte {
	t.Helper()
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func process(t *testing.T, file []byte) photo.Result {
	t.Helper()
	result, err := photo.Process(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func decode(t *testing.T, file []byte) image.Image {
	t.Helper()
	picture, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// near reports whether two colours look alike.
func near(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	far := func(x, y uint32) bool { return math.Abs(float64(x)-float64(y)) > 20*257 }
	return !far(ar, br) && !far(ag, bg) && !far(ab, bb)
}

func TestPicturesAreShrunkAndNeverEnlarged(t *testing.T) {
	cases := []struct {
		name                       string
		file                       []byte
		width, height, thumb, tall int
	}{
		{"wide JPEG", asJPEG(t, corners(2400, 1801)), 1600, 1201, 320, 240},
		{"tall JPEG", asJPEG(t, corners(1000, 3200)), 500, 1600, 100, 320},
		{"small PNG", asPNG(t, corners(200, 100)), 200, 100, 200, 100},
		{"strip", asPNG(t, corners(5000, 2)), 1600, 1, 320, 1},
		{"one pixel", asPNG(t, corners(1, 1)), 1, 1, 1, 1},
		{"lossy WebP", fromBase64(t, lossyWebP), 1, 1, 1, 1},
		{"lossless WebP", fromBase64(t, losslessWebP), 1, 1, 1, 1},
	}
	for _, c := range cases {
		result := process(t, c.file)
		full, thumb := decode(t, result.Full).Bounds().Size(), decode(t, result.Thumb).Bounds().Size()
		if full != image.Pt(c.width, c.height) || full != image.Pt(result.Width, result.Height) || thumb != image.Pt(c.thumb, c.tall) {
			t.Errorf("%s: full %v (told %dx%d), thumb %v", c.name, full, result.Width, result.Height, thumb)
		}
		if result.Place != nil {
			t.Errorf("%s: place out of nowhere: %v", c.name, result.Place)
		}
	}
}

func TestColoursSurviveShrinking(t *testing.T) {
	source := corners(2000, 1500)
	for name, file := range map[string][]byte{"JPEG": asJPEG(t, source), "PNG": asPNG(t, source)} {
		result := process(t, file)
		for _, made := range [][]byte{result.Full, result.Thumb} {
			picture := decode(t, made)
			width, height := picture.Bounds().Dx(), picture.Bounds().Dy()
			for _, at := range [][2]int{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
				got, want := picture.At(at[0]*width/4, at[1]*height/4), source.At(at[0]*500, at[1]*375)
				if !near(got, want) {
					t.Errorf("%s, %d wide, quarter %v: got %v, want %v", name, width, at, got, want)
				}
			}
		}
	}
}

func TestOtherKindsOfPixelsAreRead(t *testing.T) {
	bounds := image.Rect(0, 0, 40, 40)
	grey, deep := image.NewGray(bounds), image.NewNRGBA64(bounds)
	for i := range grey.Pix {
		grey.Pix[i] = 77
	}
	for y := range 40 {
		for x := range 40 {
			deep.Set(x, y, color.NRGBA64{0x4d4d, 0x4d4d, 0x4d4d, 0xffff})
		}
	}
	cases := []struct {
		name string
		file []byte
		want color.Color
	}{
		{"grey JPEG", asJPEG(t, grey), color.Gray{77}},
		{"grey PNG", asPNG(t, grey), color.Gray{77}},
		{"deep PNG", asPNG(t, deep), color.Gray{77}},
		{"transparent PNG", asPNG(t, image.NewNRGBA(bounds)), color.White},
		{"palette", asPNG(t, image.NewPaletted(bounds, color.Palette{color.Gray{77}})), color.Gray{77}},
	}
	for _, c := range cases {
		if got := decode(t, process(t, c.file).Full).At(20, 20); !near(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// TestOrientationIsApplied turns the quarters back: for each orientation it
// says which colour belongs into the upper left and upper right corner.
func TestOrientationIsApplied(t *testing.T) {
	red, green, blue, yellow := color.RGBA{220, 30, 30, 255}, color.RGBA{30, 200, 30, 255}, color.RGBA{30, 30, 220, 255}, color.RGBA{220, 200, 30, 255}
	cases := map[uint16][2]color.Color{
		1: {red, green}, 2: {green, red}, 3: {blue, yellow}, 4: {yellow, blue},
		5: {red, yellow}, 6: {yellow, red}, 7: {blue, green}, 8: {green, blue}, 0: {red, green}, 9: {red, green},
	}
	file := asJPEG(t, corners(400, 200))
	for orientation, want := range cases {
		result := process(t, withExif(file, exif(binary.LittleEndian, orientation, 'N', 'E')))
		width, height := 400, 200
		if orientation >= 5 && orientation <= 8 {
			width, height = 200, 400
		}
		if result.Width != width || result.Height != height {
			t.Errorf("orientation %d: %dx%d", orientation, result.Width, result.Height)
		}
		picture := decode(t, result.Full)
		left, right := picture.At(width/4, height/4), picture.At(width*3/4, height/4)
		if !near(left, want[0]) || !near(right, want[1]) {
			t.Errorf("orientation %d: corners are %v and %v", orientation, left, right)
		}
	}
}

func TestPlaceIsOfferedAndNothingElseSurvives(t *testing.T) {
	bishkek := &photo.Place{Lat: 42.875, Lon: 74.61}
	plain := asJPEG(t, corners(400, 200))
	little, big := exif(binary.LittleEndian, 1, 'N', 'E'), exif(binary.BigEndian, 1, 'N', 'E')
	cases := []struct {
		name string
		file []byte
		want *photo.Place
	}{
		{"JPEG, little endian", withExif(plain, little), bishkek},
		{"JPEG, big endian", withExif(plain, big), bishkek},
		{"JPEG, another segment first", withSegment(withExif(plain, big), []byte("http://ns.adobe.com/xap/1.0/\x00<x/>")), bishkek},
		{"PNG", pngWithExif(asPNG(t, corners(40, 20)), little), bishkek},
		{"WebP", webpWithExif(t, big), bishkek},
		{"south and west", withExif(plain, exif(binary.BigEndian, 1, 'S', 'W')), &photo.Place{Lat: -42.875, Lon: -74.61}},
		{"no references", withExif(plain, exif(binary.BigEndian, 1, 0, 0)), nil},
		{"cut short", withExif(plain, little[:110]), nil},
		{"only zeros", withExif(plain, append(append([]byte{}, little[:104]...), make([]byte, 48)...)), nil},
		{"no metadata", plain, nil},
	}
	for _, c := range cases {
		result := process(t, c.file)
		if (result.Place == nil) != (c.want == nil) || c.want != nil && (math.Abs(result.Place.Lat-c.want.Lat) > 1e-9 || math.Abs(result.Place.Lon-c.want.Lon) > 1e-9) {
			t.Errorf("%s: got %v, want %v", c.name, result.Place, c.want)
		}
		for _, made := range [][]byte{result.Full, result.Thumb} {
			checkBare(t, c.name, made)
		}
	}
}

// checkBare goes through the segments of a JPEG and fails on every one that
// can hold metadata.
func checkBare(t *testing.T, name string, file []byte) {
	t.Helper()
	for at := 2; at+4 <= len(file); {
		marker := file[at+1]
		if file[at] != 0xff || marker >= 0xe0 && marker <= 0xef || marker == 0xfe {
			t.Errorf("%s: segment %x survives", name, marker)
			return
		}
		if marker == 0xda {
			break
		}
		at += 2 + int(binary.BigEndian.Uint16(file[at+2:]))
	}
	for _, trace := range []string{"Exif", "Cam", "adobe"} {
		if bytes.Contains(file, []byte(trace)) {
			t.Errorf("%s: %q survives", name, trace)
		}
	}
}

func TestUploadsThatAreRefused(t *testing.T) {
	var moving bytes.Buffer
	if err := gif.Encode(&moving, corners(4, 4), nil); err != nil {
		t.Fatal(err)
	}
	whole := asJPEG(t, corners(600, 600))
	away := errors.New("line went dead")
	cases := []struct {
		name string
		file io.Reader
		want error
	}{
		{"nothing", strings.NewReader(""), photo.ErrNotImage},
		{"a page", strings.NewReader("<!doctype html><script>"), photo.ErrNotImage},
		{"a PDF", strings.NewReader("%PDF-1.7 and so on"), photo.ErrNotImage},
		{"HEIC", strings.NewReader("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), photo.ErrUnsupported},
		{"GIF", bytes.NewReader(moving.Bytes()), photo.ErrUnsupported},
		{"SVG", strings.NewReader("<svg xmlns='http://www.w3.org/2000/svg'/>"), photo.ErrUnsupported},
		{"half a JPEG", bytes.NewReader(whole[:len(whole)/2]), photo.ErrNotImage},
		{"the start of a JPEG", bytes.NewReader(whole[:3]), photo.ErrNotImage},
		{"a long file", io.LimitReader(endless{}, photo.MaxBytes+1), photo.ErrTooLarge},
		{"a long file that can seek", bytes.NewReader(make([]byte, photo.MaxBytes+1)), photo.ErrTooLarge},
		{"a sender who goes away", io.MultiReader(bytes.NewReader(whole[:99]), iotest.ErrReader(away)), away},
		{"a wide PNG", bytes.NewReader(pngHeader(50_000, 1001)), photo.ErrTooManyPixels},
		{"a PNG of two billion pixels a side", bytes.NewReader(pngHeader(1<<31-1, 1<<31-1)), photo.ErrNotImage},
		{"a WebP frame larger than its canvas", bytes.NewReader(largeFrame(t)), photo.ErrNotImage},
	}
	for _, c := range cases {
		result, err := photo.Process(c.file)
		if !errors.Is(err, c.want) || result.Full != nil {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

// largeFrame is a WebP of one pixel whose frame claims 16 383 by 16 383.
func largeFrame(t *testing.T) []byte {
	file := webpWithExif(t, nil)
	at := bytes.Index(file, []byte("VP8 ")) + 8
	copy(file[at+6:], "\xff\x3f\xff\x3f")
	return file
}

// endless is a reader without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestRedactHidesTheParts(t *testing.T) {
	source := image.NewRGBA(image.Rect(0, 0, 800, 600))
	for i := range source.Pix {
		source.Pix[i] = uint8(rand.Uint32()) | 15
	}
	full := process(t, asJPEG(t, source)).Full
	before := decode(t, full)
	result, err := photo.Redact(full, []photo.Rect{
		{X: 100, Y: 100, Width: 200, Height: 80},
		{X: 700, Y: 500, Width: 5000, Height: 5000},
		{X: -50, Y: -50, Width: 60, Height: 60},
		{X: 10, Y: 10, Width: -5, Height: 7},
		{X: math.MaxInt, Y: math.MinInt, Width: math.MaxInt, Height: math.MaxInt},
	})
	if err != nil {
		t.Fatal(err)
	}
	after := decode(t, result.Full)
	for _, hidden := range []image.Rectangle{image.Rect(104, 104, 296, 176), image.Rect(706, 506, 800, 600)} {
		if rough := roughness(after, hidden); rough > 6 || roughness(before, hidden) < 20 {
			t.Errorf("%v is still rough: %.1f, was %.1f", hidden, rough, roughness(before, hidden))
		}
	}
	open := image.Rect(400, 200, 600, 400)
	if rough := roughness(after, open); rough < 20 {
		t.Errorf("the rest was smoothed as well: %.1f", rough)
	}
	if thumb := decode(t, result.Thumb); roughness(thumb, image.Rect(44, 44, 116, 68)) > 6 {
		t.Error("the thumb still shows the part")
	}
}

// roughness is the mean difference between neighbours in a row, in levels.
func roughness(picture image.Image, part image.Rectangle) float64 {
	sum, count := 0.0, 0.0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X + 1; x < part.Max.X; x++ {
			a, b := color.GrayModel.Convert(picture.At(x-1, y)).(color.Gray), color.GrayModel.Convert(picture.At(x, y)).(color.Gray)
			sum += math.Abs(float64(a.Y) - float64(b.Y))
			count++
		}
	}
	return sum / count
}

// TestBlurForgetsWhatWasThere hides two plates that differ in every stroke but
// not in their average, and finds no difference.
func TestBlurForgetsWhatWasThere(t *testing.T) {
	plate := func(shift int) *image.RGBA {
		picture := image.NewRGBA(image.Rect(0, 0, 192, 48))
		for y := range 48 {
			for x := range 192 {
				v := uint8(40)
				if (x/4+shift)%2 == 0 {
					v = 200
				}
				picture.SetRGBA(x, y, color.RGBA{v, v, v, 255})
			}
		}
		photo.Blur(picture, []photo.Rect{{Width: 192, Height: 48}})
		return picture
	}
	if !bytes.Equal(plate(0).Pix, plate(1).Pix) {
		t.Error("two plates can still be told apart")
	}
}

func TestRedactTakesOnlyWhatProcessMade(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"text":         {[]byte("hello"), photo.ErrNotImage},
		"PNG":          {asPNG(t, corners(4, 4)), photo.ErrUnsupported},
		"too long":     {asJPEG(t, corners(1601, 4)), photo.ErrUnsupported},
		"damaged JPEG": {asJPEG(t, corners(400, 400))[:700], photo.ErrNotImage},
	} {
		if _, err := photo.Redact(c.file, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestManyUploadsAtOnce(t *testing.T) {
	file := withExif(asJPEG(t, corners(1200, 900)), exif(binary.BigEndian, 6, 'N', 'E'))
	want := process(t, file)
	var group sync.WaitGroup
	for range 24 {
		group.Go(func() {
			// Without Seek, as an upload comes.
			got, err := photo.Process(io.MultiReader(bytes.NewReader(file)))
			if err != nil || !bytes.Equal(got.Full, want.Full) || !bytes.Equal(got.Thumb, want.Thumb) {
				t.Errorf("another picture came out: %v", err)
			}
		})
	}
	group.Wait()
}

func FuzzProcess(f *testing.F) {
	file := asJPEG(f, corners(32, 24))
	f.Add(withExif(file, exif(binary.LittleEndian, 6, 'N', 'E')))
	f.Add(withExif(file, exif(binary.BigEndian, 3, 'S', 'W')))
	f.Add(asPNG(f, corners(16, 16)))
	f.Add(fromBase64(f, losslessWebP))
	f.Add(webpWithExif(f, exif(binary.BigEndian, 8, 'N', 'E')))
	f.Fuzz(func(t *testing.T, file []byte) {
		result, err := photo.Process(bytes.NewReader(file))
		known := errors.Is(err, photo.ErrNotImage) || errors.Is(err, photo.ErrUnsupported) || errors.Is(err, photo.ErrTooManyPixels)
		if err != nil {
			if !known {
				t.Errorf("unexpected error %v", err)
			}
			return
		}
		if p := result.Place; p != nil && !(math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180) {
			t.Errorf("place %v is not on Earth", p)
		}
		checkBare(t, "fuzz", result.Full)
	})
}

func BenchmarkProcess12Megapixels(b *testing.B) {
	picture := corners(4000, 3000)
	for i := range picture.Pix {
		picture.Pix[i] = picture.Pix[i]&^15 | uint8(rand.Uint32())&15
	}
	file := asJPEG(b, picture)
	b.ReportAllocs()
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := photo.Process(bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}
