package photo

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// maxExif is the most metadata that is looked at, in bytes. A JPEG segment
// holds no more than this; the two values wanted lie near its start.
const maxExif = 64 << 10

// readMetadata finds orientation and place, and for JPEG the way its pixels
// are written. Broken metadata is no error: the picture is still a picture.
func (h *header) readMetadata(file io.ReadSeeker) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("photo: %w", err)
	}
	var block []byte
	switch h.format {
	case "jpeg":
		block = h.scanJPEG(file)
	case "png":
		block = scanChunks(file, 8, binary.BigEndian, true, "eXIf")
	case "webp":
		block = scanChunks(file, 12, binary.LittleEndian, false, "EXIF")
	}
	block = bytes.TrimPrefix(block, []byte("Exif\x00\x00"))
	h.orientation, h.place = readTIFF(block)
	return nil
}

// scanJPEG goes through the segments up to the frame header, notes whether the
// frame is progressive, and returns the EXIF block. A file it does not follow
// to that header counts as progressive, the costly kind.
func (h *header) scanJPEG(file io.ReadSeeker) []byte {
	h.progressive = true
	var exif []byte
	var marker [4]byte
	if _, err := file.Seek(2, io.SeekStart); err != nil {
		return nil
	}
	for {
		if _, err := io.ReadFull(file, marker[:2]); err != nil || marker[0] != 0xff {
			return exif
		}
		for marker[1] == 0xff { // fill bytes
			if _, err := io.ReadFull(file, marker[1:2]); err != nil {
				return exif
			}
		}
		if marker[1] == 0x01 || marker[1] >= 0xd0 && marker[1] <= 0xd7 {
			continue // markers without content
		}
		if _, err := io.ReadFull(file, marker[2:]); err != nil {
			return exif
		}
		length := int(binary.BigEndian.Uint16(marker[2:])) - 2
		switch {
		case length < 0, marker[1] == 0xda, marker[1] == 0xd9:
			return exif
		case marker[1] == 0xc0, marker[1] == 0xc1, marker[1] == 0xc2:
			h.progressive = marker[1] == 0xc2
			return exif
		case marker[1] == 0xe1 && exif == nil:
			segment := make([]byte, length)
			if _, err := io.ReadFull(file, segment); err != nil {
				return nil
			}
			if bytes.HasPrefix(segment, []byte("Exif\x00\x00")) {
				exif = segment
			}
		default:
			if _, err := file.Seek(int64(length), io.SeekCurrent); err != nil {
				return exif
			}
		}
	}
}

// scanChunks goes through the chunks of a PNG (length, name, content, check
// sum) or of a WebP (name, length, content, padding) and returns the content
// of the first one called name.
func scanChunks(file io.ReadSeeker, start int64, order binary.ByteOrder, png bool, name string) []byte {
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		return nil
	}
	var front [8]byte
	for {
		if _, err := io.ReadFull(file, front[:]); err != nil {
			return nil
		}
		length, found := int64(order.Uint32(front[4:])), string(front[:4])
		skip := length + length&1
		if png {
			length, found = int64(order.Uint32(front[:4])), string(front[4:])
			skip = length + 4
		}
		if found == name {
			content := make([]byte, min(length, maxExif))
			n, _ := io.ReadFull(file, content)
			return content[:n]
		}
		if length > MaxBytes {
			return nil
		}
		if _, err := file.Seek(skip, io.SeekCurrent); err != nil {
			return nil
		}
	}
}

// sameFrame reports whether the frames of a WebP are as large as its canvas,
// which is all that the decoder tells before it makes room for the frame.
func sameFrame(file io.ReadSeeker, width, height int) bool {
	if lossy := scanChunks(file, 12, binary.LittleEndian, false, "VP8 "); len(lossy) >= 10 {
		w, h := binary.LittleEndian.Uint16(lossy[6:]), binary.LittleEndian.Uint16(lossy[8:])
		if int(w&0x3fff) != width || int(h&0x3fff) != height {
			return false
		}
	}
	if lossless := scanChunks(file, 12, binary.LittleEndian, false, "VP8L"); len(lossless) >= 5 {
		bits := binary.LittleEndian.Uint32(lossless[1:])
		return int(bits&0x3fff)+1 == width && int(bits>>14&0x3fff)+1 == height
	}
	return true
}

// Tags of the EXIF directories that are read.
const (
	tagOrientation = 0x0112
	tagGPS         = 0x8825
	tagLatRef      = 1
	tagLat         = 2
	tagLonRef      = 3
	tagLon         = 4
)

// readTIFF reads an EXIF block and returns the orientation, 1 when it says
// none, and the place, nil when it says none.
func readTIFF(block []byte) (int, *Place) {
	if len(block) < 8 {
		return 1, nil
	}
	tiff := tiff{block: block, order: binary.LittleEndian}
	switch string(block[:4]) {
	case "II*\x00":
	case "MM\x00*":
		tiff.order = binary.BigEndian
	default:
		return 1, nil
	}
	orientation := 1
	var place *Place
	tiff.each(tiff.order.Uint32(block[4:]), func(tag uint16, entry []byte) {
		switch tag {
		case tagOrientation:
			if v := int(tiff.order.Uint16(entry[8:])); v >= 1 && v <= 8 {
				orientation = v
			}
		case tagGPS:
			place = tiff.place(tiff.order.Uint32(entry[8:]))
		}
	})
	return orientation, place
}

// tiff is an EXIF block; offsets count from its start.
type tiff struct {
	block []byte
	order binary.ByteOrder
}

// each calls fn with the twelve bytes of every entry of the directory at
// offset, as far as they lie inside the block.
func (t tiff) each(offset uint32, fn func(tag uint16, entry []byte)) {
	if uint64(offset)+2 > uint64(len(t.block)) {
		return
	}
	count := int(t.order.Uint16(t.block[offset:]))
	rest := t.block[offset+2:]
	for i := 0; i < count && len(rest) >= 12; i++ {
		fn(t.order.Uint16(rest), rest[:12])
		rest = rest[12:]
	}
}

// place reads the GPS directory.
func (t tiff) place(offset uint32) *Place {
	var lat, lon float64
	var latRef, lonRef byte
	t.each(offset, func(tag uint16, entry []byte) {
		switch tag {
		case tagLatRef:
			latRef = entry[8]
		case tagLonRef:
			lonRef = entry[8]
		case tagLat:
			lat = t.degrees(entry)
		case tagLon:
			lon = t.degrees(entry)
		}
	})
	if latRef == 'S' {
		lat = -lat
	}
	if lonRef == 'W' {
		lon = -lon
	}
	known := (latRef == 'N' || latRef == 'S') && (lonRef == 'E' || lonRef == 'W')
	// Cameras without a fix write zeros; a street in the Gulf of Guinea is none.
	if !known || !(math.Abs(lat) <= 90 && math.Abs(lon) <= 180) || lat == 0 && lon == 0 {
		return nil
	}
	return &Place{Lat: lat, Lon: lon}
}

// degrees reads three fractions: degrees, minutes, seconds. What cannot be read
// is not a number, which place refuses.
func (t tiff) degrees(entry []byte) float64 {
	const rational = 5
	offset := uint64(t.order.Uint32(entry[8:]))
	if t.order.Uint16(entry[2:]) != rational || t.order.Uint32(entry[4:]) != 3 || offset+24 > uint64(len(t.block)) {
		return math.NaN()
	}
	sum, share := 0.0, 1.0
	for i := range uint64(3) {
		above := t.order.Uint32(t.block[offset+8*i:])
		below := t.order.Uint32(t.block[offset+8*i+4:])
		if below == 0 {
			if above != 0 || i == 0 {
				return math.NaN()
			}
			below = 1 // some phones write no seconds as 0/0
		}
		sum += float64(above) / float64(below) / share
		share *= 60
	}
	return sum
}
