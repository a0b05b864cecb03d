package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// keys makes what a cluster must have before it starts, in a folder of its own:
//
//	cluster keys FOLDER ADDRESS
//
// an authority (ca.crt), the API server's certificate for ADDRESS and the service address (serving.crt, serving.key),
// and the key of ServiceAccount tokens (sa.key).
func keys() int {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: cluster keys FOLDER ADDRESS")
		return 2
	}
	if err := makeKeys(os.Args[1], net.ParseIP(os.Args[2])); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func makeKeys(folder string, address net.IP) error {
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := func(serial int64, name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(30 * 24 * time.Hour),
		}
	}
	authority := template(1, "test authority")
	authority.IsCA, authority.BasicConstraintsValid = true, true
	authority.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	serving := template(2, "kube-apiserver")
	serving.KeyUsage = x509.KeyUsageDigitalSignature
	serving.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	serving.IPAddresses = []net.IP{address, net.IPv4(127, 0, 0, 1), net.IPv4(10, 96, 0, 1)}
	serving.DNSNames = []string{"localhost", "kubernetes.default.svc"}
	servingKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	accountKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	authorityBytes, err := x509.CreateCertificate(rand.Reader, authority, authority, &authorityKey.PublicKey, authorityKey)
	if err != nil {
		return err
	}
	servingBytes, err := x509.CreateCertificate(rand.Reader, serving, authority, &servingKey.PublicKey, authorityKey)
	if err != nil {
		return err
	}
	write := func(name, kind string, bytes []byte) error {
		return os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600)
	}
	writeKey := func(name string, key *ecdsa.PrivateKey) error {
		bytes, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			return err
		}
		return write(name, "EC PRIVATE KEY", bytes)
	}
	for _, err := range []error{
		write("ca.crt", "CERTIFICATE", authorityBytes),
		write("serving.crt", "CERTIFICATE", servingBytes),
		writeKey("serving.key", servingKey),
		writeKey("sa.key", accountKey),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}
