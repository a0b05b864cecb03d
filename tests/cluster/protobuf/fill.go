package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	group "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
)

// texts are words on which escaping and reading decide.
var texts = []string{"a", "b-c", "", "Exists", "In", "é日😀", "say \"hi\"\n\t\\", "\u0001", "not utf-8: \xff\xc3", "10%", "true"}

var amounts = []string{"0", "250m", "1", "64Mi", "1500m", "1e3", "3Ki", "-1", "0.5"}

// filler makes values up, each by the numbers before.
type filler struct{ *rand.Rand }

func (f filler) text() string { return texts[f.IntN(len(texts))] }

// fill gives a value something in its fields; depth bounds what refers to itself.
func (f filler) fill(value reflect.Value, depth int) {
	switch place := value.Addr().Interface().(type) {
	case *resource.Quantity:
		*place = resource.MustParse(amounts[f.IntN(len(amounts))])
		return
	case *intstr.IntOrString:
		*place = intstr.FromInt32(f.Int32N(100))
		if f.IntN(2) == 0 {
			*place = intstr.FromString("10%")
		}
		return
	case *meta.Time:
		if f.IntN(5) > 0 {
			*place = meta.Unix(f.Int64N(4_000_000_000)-1_000_000_000, 0)
		}
		return
	case *meta.MicroTime:
		*place = meta.MicroTime{Time: time.Unix(f.Int64N(4_000_000_000), f.Int64N(1_000_000)*1000)}
		return
	case *runtime.RawExtension:
		place.Raw = []byte(`{"spec":{"template":{"a":["é",1,null,{"b":"\\n"}]}}}`)
		return
	case *meta.FieldsV1:
		place.Raw = []byte(`{"f:spec":{"f:template":{"k:{\"a\":\"b\"}":{}}}}`)
		return
	case *meta.TypeMeta:
		return
	}
	switch value.Kind() {
	case reflect.String:
		value.SetString(f.text())
	case reflect.Bool:
		value.SetBool(f.IntN(2) == 0)
	case reflect.Int32, reflect.Int64:
		value.SetInt([]int64{0, 1, 7, 300, 65535}[f.IntN(5)])
	case reflect.Uint32, reflect.Uint64:
		value.SetUint(uint64(f.IntN(300)))
	case reflect.Pointer:
		if depth < 12 && f.IntN(4) > 0 {
			value.Set(reflect.New(value.Type().Elem()))
			f.fill(value.Elem(), depth+1)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			member := value.Type().Field(i)
			if !member.IsExported() {
				continue
			}
			// What no object lacks is there.
			if member.Type.Kind() == reflect.Pointer && !strings.Contains(member.Tag.Get("json"), ",omitempty") {
				value.Field(i).Set(reflect.New(member.Type.Elem()))
				f.fill(value.Field(i).Elem(), depth+1)
				continue
			}
			f.fill(value.Field(i), depth+1)
		}
	case reflect.Slice:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			value.SetBytes([]byte("bytes"))
			return
		}
		// Long lists of deep objects say no more than short ones.
		for range f.IntN(3) {
			if depth > 12 || (depth > 5 && value.Len() == 1) {
				return
			}
			item := reflect.New(value.Type().Elem()).Elem()
			f.fill(item, depth+1)
			value.Set(reflect.Append(value, item))
		}
	case reflect.Map:
		value.Set(reflect.MakeMap(value.Type()))
		for i := range f.IntN(3) {
			key := reflect.New(value.Type().Key()).Elem()
			key.SetString(fmt.Sprintf("%s%d", f.text(), i))
			item := reflect.New(value.Type().Elem()).Elem()
			f.fill(item, depth+1)
			value.SetMapIndex(key, item)
		}
	}
}

// fillAll writes a list of two objects of each kind.
func fillAll(folder string, seed uint64) error {
	serializer := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
	for number, root := range roots {
		object, found := reflect.New(reflect.TypeOf(root)).Interface().(runtime.Object)
		if !found {
			continue
		}
		kinds, _, err := scheme.Scheme.ObjectKinds(object)
		if err != nil || kinds[0].Kind == "Status" {
			continue
		}
		name := kinds[0].Kind
		list, err := scheme.Scheme.New(kinds[0].GroupVersion().WithKind(name + "List"))
		if err != nil {
			return err
		}
		random := filler{rand.New(rand.NewPCG(seed, uint64(number)))}
		items := reflect.ValueOf(list).Elem().FieldByName("Items")
		for range 2 {
			item := reflect.New(items.Type().Elem()).Elem()
			random.fill(item, 0)
			items.Set(reflect.Append(items, item))
		}
		list.GetObjectKind().SetGroupVersionKind(group.GroupVersionKind(kinds[0].GroupVersion().WithKind(name + "List")))
		text, err := json.Marshal(list)
		if err != nil {
			return err
		}
		bytes := bytes.Buffer{}
		if err := serializer.Encode(list, &bytes); err != nil {
			return err
		}
		for ending, content := range map[string][]byte{"json": text, "pb": bytes.Bytes()} {
			if err := os.WriteFile(filepath.Join(folder, name+"."+ending), content, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
