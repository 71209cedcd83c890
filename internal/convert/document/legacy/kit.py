# Has LibreOffice, as a library (LibreOfficeKit), write a document in another format:
# PROGRAM_FOLDER PROFILE_URL SOURCE_URL TARGET_URL FORMAT. Ends with 65 when it does not take
# the document, with 1 on any other failure.
import ctypes
import os
import sys


class Class(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("functions", ctypes.c_void_p * 16)]


class Object(ctypes.Structure):
    _fields_ = [("table", ctypes.POINTER(Class))]


def call(thing, index, result, *args):
    function = thing.contents.table.contents.functions[index]
    kinds = [ctypes.POINTER(Object)] + [ctypes.c_char_p] * len(args)
    return ctypes.CFUNCTYPE(result, *kinds)(function)(thing, *args)


def end(status):
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # without what the library does at its end


program, profile, source, target, kind = sys.argv[1:6]
library = ctypes.CDLL(os.path.join(program, "libmergedlo.so"))
library.libreofficekit_hook_2.restype = ctypes.POINTER(Object)
library.libreofficekit_hook_2.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
office = library.libreofficekit_hook_2(program.encode(), profile.encode())
if not office:
    end(1)
document = call(office, 1, ctypes.POINTER(Object), source.encode())
if not document:
    end(65)
end(0 if call(document, 1, ctypes.c_int, target.encode(), kind.encode(), None) else 65)
