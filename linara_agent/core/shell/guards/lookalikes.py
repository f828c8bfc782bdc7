"""The characters that are drawn like ASCII ones, as data.

Source: Unicode Technical Standard 39, confusables.txt, as far as a command could be
written with them; typographic quotes, dashes and brackets are added. Each entry is a
code point in hexadecimal, `=`, and the ASCII text it looks like.
"""

_SAME = r"""
0251=a 0261=g 0269=i 028F=y 0391=A 0392=B 0395=E 0396=Z 0397=H 0399=I 039A=K
039C=M 039D=N 039F=O 03A1=P 03A4=T 03A5=Y 03A7=X 03BD=v 03BF=o 03C1=p 03DC=F
03F1=p 03F2=c 03F3=j 03F9=C 03FA=M 0405=S 0406=I 0408=J 0410=A 0412=B 0415=E
041A=K 041C=M 041D=H 041E=O 0420=P 0421=C 0422=T 0425=X 0430=a 0435=e 043E=o
0440=p 0441=c 0443=y 0445=x 0455=s 0456=i 0458=j 0474=V 0475=v 04AE=Y 04AF=y
04BB=h 04C0=l 04CF=l 0501=d 050C=G 051A=Q 051B=q 051C=W 051D=w 054D=U 0555=O
0570=h 0578=n 057D=u 0585=o 10E7=y 10FF=o 13A0=D 13A1=R 13A2=T 13A5=i 13A9=Y
13AA=A 13AB=J 13AC=E 13B3=W 13B7=M 13BB=H 13BD=Y 13C0=G 13C2=h 13C3=Z 13CE=4
13CF=b 13D2=R 13D4=W 13D5=S 13D9=V 13DA=S 13DE=L 13DF=C 13E2=P 13E6=K 13E7=d
13EE=6 13F3=G 13F4=B 1D04=c 1D0F=o 1D1C=u 1D20=v 1D21=w 1D22=z 2C8E=H 2C94=K
2C98=M 2C9A=N 2C9E=O 2C9F=o 2CA2=P 2CA3=p 2CA4=C 2CA5=c 2CA6=T 2CA8=Y 2CAC=X
2D4F=l 2D54=O A4D0=B A4D1=P A4D3=D A4D4=T A4D6=G A4D7=K A4D9=J A4DA=C A4DC=Z
A4DD=F A4DF=M A4E0=N A4E1=L A4E2=S A4E3=R A4E6=V A4E7=H A4EA=W A4EB=X A4EC=Y
A4EE=A A4F0=E A4F2=I A4F3=O A4F4=U A731=s AB75=i AB81=r AB83=w AB93=z ABA9=v
ABAA=s ABAF=c
"""
"""Letters: alone they pass for ASCII."""

_ROUGH = """
03B1=a 03B3=y 03B5=e 03B7=n 03B9=i 03BA=k 03C3=o 03C4=t 03C5=u 03C7=x 03C9=w
03D2=Y 0417=3 0423=Y 042C=b 0431=6 0432=b 0433=r 0438=u 043A=k 043C=m 043D=h
043F=n 0442=t 044C=b 0461=w 04BD=e
053C=L 054F=S 0566=q 0575=j 057C=n 0581=g 05D5=l 05DF=l 05E1=o
"""
"""Letters that pass only in the middle of an ASCII word."""

_SIGNS = r"""
00A6=| 00A8=" 00AB=" 00B4=' 00BB=" 01C0=| 01C3=! 02B9=' 02BA=" 02BB=' 02BC='
02BD=' 02BE=' 02C2=< 02C3=> 02C6=^ 02C8=' 02CA=' 02CB=` 02D0=: 02D7=- 02DC=~
02DD=" 02F4=' 02F8=: 0384=' 055A=' 0589=: 05C3=: 066D=* 1400== 1433=> 1438=<
16EB=+ 1FBF=' 2010=- 2011=- 2012=- 2013=- 2014=- 2015=- 2018=' 2019=' 201A=,
201B=' 201C=" 201D=" 201E=" 201F=" 2024=. 2025=.. 2026=... 2032=' 2033=" 2035=`
2039=< 203A=> 2043=- 2044=/ 204E=* 2053=~ 205A=: 2212=- 2215=/ 2216=\ 2217=*
2223=| 2236=: 223C=~ 23D0=| 2571=/ 2572=\ 2731=* 2758=| 2768=( 2769=) 276C=<
276D=> 276E=< 276F=> 2772=( 2773=) 2774={ 2775=} 2795=+ 2796=- 27CB=/ 27CD=\
27E8=< 27E9=> 27EE=( 27EF=) 29F5=\ 29F8=/ 2E17== 2E40== 3003=" 3008=< 3009=>
A4F8=. A4F9=, A4FD=: A4FF== A789=: A78C=' FE58=-
"""
"""Quotes, dashes, brackets and other signs."""

_STROKES = """
3033=/ 30CE=/ 4E28=| 4E3F=/
"""
"""Letters of East Asia; in the midst of their script they are nothing else."""


def _read(table: str) -> dict[str, str]:
    entries = (entry.split("=", 1) for entry in table.split())
    return {chr(int(code, 16)): ascii_ for code, ascii_ in entries}


SAME = _read(_SAME)
ROUGH = _read(_ROUGH)
SIGNS = _read(_SIGNS)
STROKES = _read(_STROKES)
